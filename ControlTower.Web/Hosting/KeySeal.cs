using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ControlTower.Web.Hosting;

/// <summary>The certificate that seals the key ring.</summary>
internal static class KeySeal
{
    /// <summary>Null where none is set or it cannot be used; <see cref="Problem"/> then says why.</summary>
    public static X509Certificate2? Open(TowerOptions options)
    {
        try
        {
            return Load(options);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is wrong with the configured file and what to do, to follow its name; null if it can be used.</summary>
    public static string? Problem(TowerOptions options)
    {
        if (!File.Exists(options.KeyCertificate))
            return "is not there. Set the path of a PFX file.";
        try
        {
            using var certificate = Load(options);
            return certificate is { HasPrivateKey: true } ? null : "holds no private key. Export it with its key.";
        }
        catch (CryptographicException error)
        {
            return $"cannot be opened ({error.Message.TrimEnd('.')}). Set the path of a PFX file, and its password in Tower:KeyCertificatePassword.";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "cannot be read. Give the tower's user the right to read it.";
        }
    }

    private static X509Certificate2? Load(TowerOptions options) => options.KeyCertificate.Length > 0 && File.Exists(options.KeyCertificate)
        ? X509CertificateLoader.LoadPkcs12FromFile(options.KeyCertificate, options.KeyCertificatePassword.Length > 0 ? options.KeyCertificatePassword : null)
        : null;
}
