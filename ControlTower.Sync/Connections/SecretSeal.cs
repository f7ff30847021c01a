using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace ControlTower.Sync.Connections;

/// <summary>Seals the secrets of a connection for the database, bound to the connection's id: a sealed row copied to another connection does not open.</summary>
public sealed class SecretSeal(IDataProtectionProvider keys)
{
    public byte[] Seal(string connectionId, IReadOnlyDictionary<string, string> secrets) =>
        Protector(connectionId).Protect(JsonSerializer.SerializeToUtf8Bytes(secrets, ConnectionSeedJson.Default.IReadOnlyDictionaryStringString));

    /// <summary>False if the key ring cannot open it: keys lost or another installation's database. Never answers with empty secrets instead.</summary>
    public bool TryOpen(string connectionId, byte[] sealedSecrets, out IReadOnlyDictionary<string, string> secrets)
    {
        try
        {
            secrets = JsonSerializer.Deserialize(Protector(connectionId).Unprotect(sealedSecrets), ConnectionSeedJson.Default.DictionaryStringString) ?? [];
            return true;
        }
        catch (CryptographicException)
        {
            secrets = new Dictionary<string, string>(StringComparer.Ordinal);
            return false;
        }
    }

    private IDataProtector Protector(string connectionId) => keys.CreateProtector("ControlTower.Connection.Secrets", connectionId);
}
