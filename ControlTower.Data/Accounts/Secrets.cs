using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Data.Accounts;

/// <summary>Secrets that a person or a browser carries: 256 random bits as text; only their hash is stored.</summary>
public static class Secrets
{
    public static string Create() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Plain SHA-256 is enough: there is nothing to guess in 256 random bits.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
