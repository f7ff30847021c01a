using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace ControlTower.Web.Auth.Factors;

/// <summary>Seals the key of a person's authenticator for the database, bound to the person: a sealed key copied to another row does not open.</summary>
internal sealed class FactorSeal(IDataProtectionProvider keys)
{
    public byte[] Seal(Guid accountId, byte[] key) => Protector(accountId).Protect(key);

    /// <summary>Null if the key ring cannot open it: keys lost, or another installation's database. No code is right then.</summary>
    public byte[]? Open(Guid accountId, byte[] sealedKey)
    {
        try
        {
            return Protector(accountId).Unprotect(sealedKey);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(Guid accountId) => keys.CreateProtector("ControlTower.Account.Factor", accountId.ToString());
}
