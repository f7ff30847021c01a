using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Simulator;

/// <summary>Access tokens and keys derived from the seed, so that a restarted estate still accepts its clients. They protect nothing real.</summary>
public sealed class Secrets(int seed)
{
    private readonly byte[] root = SHA256.HashData(Encoding.UTF8.GetBytes(seed.ToString(CultureInfo.InvariantCulture) + ":estate"));

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Of(string system, string purpose) => Convert.ToHexStringLower(HMACSHA256.HashData(root, Encoding.UTF8.GetBytes(system + "/" + purpose)));

    public Guid Id(string system, string purpose) => new(HMACSHA256.HashData(root, Encoding.UTF8.GetBytes(system + "#" + purpose)).AsSpan(0, 16));
}
