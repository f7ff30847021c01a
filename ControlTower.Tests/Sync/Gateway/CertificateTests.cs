using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>A vendor shows a certificate that cannot be trusted.</summary>
public sealed class CertificateTests
{
    [Promise(22)]
    [Theory]
    [InlineData("localhost", -400, -1)]
    [InlineData("someone-else.example", -1, 30)]
    [InlineData("localhost", -1, 30)]
    public async Task Nothing_is_sent_and_it_certainly_did_not_happen(string name, int fromDays, int toDays)
    {
        using var key = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var shown = request.CreateSelfSigned(now.AddDays(fromDays), now.AddDays(toDays));
        using var certificate = X509CertificateLoader.LoadPkcs12(shown.Export(X509ContentType.Pkcs12), null);
        var heard = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using var vendor = builder.Build();
        vendor.MapGet("/", (HttpContext _) => Interlocked.Increment(ref heard));
        await vendor.StartAsync();
        using var http = new HttpClient(new HttpTransport(Options.Create(new ReachOptions())).Create());
        http.DefaultRequestHeaders.Add("Authorization", "Bearer never-to-leave");

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new UriBuilder("https", "localhost", new Uri(vendor.Urls.First()).Port).Uri));
        Assert.Equal((HttpRequestError.SecureConnectionError, 0), (error.HttpRequestError, heard));
    }
}
