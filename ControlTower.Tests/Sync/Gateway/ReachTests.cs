using System.Net;
using ControlTower.Sync.Connectors.Http;
using ControlTower.Sync.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>Whoever runs the tower may name the hosts that connections lead to; then an administrator's typing error, or worse, leads nowhere else.</summary>
public sealed class ReachTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_is_not_named_is_not_called_and_the_words_say_whom_to_ask(bool named)
    {
        var cancel = TestContext.Current.CancellationToken;
        var heard = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var vendor = builder.Build();
        vendor.MapGet("/", (HttpContext _) => Interlocked.Increment(ref heard));
        await vendor.StartAsync(cancel);
        var address = new Uri(vendor.Urls.First());
        // The same host at another port is another place.
        using var http = new HttpClient(new HttpTransport(Options.Create(new ReachOptions { Hosts = [$"{address.Host}:{(named ? address.Port : address.Port ^ 1)}"] })).Create());

        var exchange = await http.SendOnceAsync(new HttpRequestMessage(HttpMethod.Get, address), TimeProvider.System, cancel);
        Assert.Equal(named ? 1 : 0, heard);
        if (named)
        {
            Assert.Equal(HttpStatusCode.OK, Assert.IsType<Exchange.Answered>(exchange).Status);
        }
        else
        {
            Assert.Contains($"{address.Authority} is not among the hosts that connections may lead to", Assert.IsType<Exchange.NotSent>(exchange).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ERP.example", 443, true)]
    [InlineData("erp.example", 8443, false)]
    [InlineData("erp.example.evil", 443, false)]
    [InlineData("::1", 8443, true)]
    public void A_host_is_one_of_the_list_by_its_whole_name_and_its_port(string host, int port, bool allowed) =>
        Assert.Equal(allowed, new ReachOptions { Hosts = ["erp.example:443", "[::1]:8443"] }.Allows(host, port));

    [Theory]
    [InlineData("erp.example:443", null)]
    [InlineData("[::1]:8443", null)]
    [InlineData("erp.example", "'erp.example' is no host with its port")]
    [InlineData("https://erp.example:443", "is no host")]
    [InlineData("erp.example:0", "is no host")]
    [InlineData("erp.example:70000", "is no host")]
    [InlineData(":443", "is no host")]
    [InlineData("", "is no host")]
    public void What_is_no_host_with_its_port_stops_the_start_and_is_named(string entry, string? words)
    {
        var result = new ReachOptionsValidator().Validate(null, new ReachOptions { Hosts = [entry] });
        Assert.Equal(words is null, result.Succeeded);
        Assert.Contains(words ?? "", result.FailureMessage ?? "", StringComparison.Ordinal);
    }
}
