using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Keys that seal sign-ins and credentials do not lie plain in Production without anybody having said so.</summary>
public sealed class KeyProtectionTests : IDisposable
{
    private readonly string folder = TestFolders.Create("seal");

    public void Dispose() => TestFolders.Remove(folder);

    [Theory]
    [InlineData("", "Tower:KeyCertificate is empty")]
    [InlineData("missing.pfx", "is not there")]
    [InlineData("torn.pfx", "cannot be opened")]
    [InlineData("locked.pfx", "Tower:KeyCertificatePassword")]
    public async Task Production_without_a_usable_certificate_does_not_start_and_names_the_option(string file, string words)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "torn.pfx"), "no certificate");
        Certificate("locked.pfx", "another password");
        await using var database = await TestDatabase.CreateAsync();
        var failure = await Assert.ThrowsAsync<StartupFailure>(() => TestTower.StartAsync(
            database: database, settings: ["Tower:AllowPlainKeys=false", $"Tower:KeyCertificate={(file.Length == 0 ? "" : Path.Combine(folder, file))}", "Tower:KeyCertificatePassword=guess"]));
        Assert.Equal(StartupFailure.Configuration, failure.ExitCode);
        Assert.Contains("Tower:KeyCertificate", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("guess", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_certificate_the_keys_lie_sealed_and_still_open()
    {
        await using var tower = await TestTower.StartAsync(
            settings: ["Tower:AllowPlainKeys=false", $"Tower:KeyCertificate={Certificate("seal.pfx", "secret")}", "Tower:KeyCertificatePassword=secret"]);
        var protector = tower.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
        Assert.Equal("words", protector.Unprotect(protector.Protect("words")));

        var keys = Assert.IsType<FileSystemXmlRepository>(tower.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository).Directory;
        var text = await File.ReadAllTextAsync(Assert.Single(keys.GetFiles("key-*.xml")).FullName);
        Assert.Contains("encryptedSecret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<masterKey", text, StringComparison.Ordinal);
    }

    private string Certificate(string name, string password)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=tower keys", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx, password));
        return path;
    }
}
