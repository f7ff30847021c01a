using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>What a check of a password came to.</summary>
public enum PasswordCheck
{
    Wrong,
    Right,

    /// <summary>Right, and stored with an older cost: hash it again.</summary>
    RightButOld,
}

/// <summary>PBKDF2-HMAC-SHA512 with a salt per password, through the framework's hasher at today's cost.</summary>
public sealed class Passwords
{
    // OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA512.
    private const int Iterations = 210_000;

    private static readonly object Anybody = new();

    private readonly PasswordHasher<object> hasher;
    private readonly Lazy<string> nobody;

    public Passwords()
        : this(Iterations)
    {
    }

    /// <summary>Tests sign hundreds of people in and are no one to guard against.</summary>
    internal Passwords(int iterations)
    {
        hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        nobody = new Lazy<string>(() => Hash("nobody has this password"));
    }

    public string Hash(string password) => hasher.HashPassword(Anybody, password);

    /// <summary>
    /// Takes as long for an e-mail that is nobody's (<paramref name="hash"/> null): the time must not tell who has an account.
    /// </summary>
    public PasswordCheck Check(string? hash, string password)
    {
        var result = hasher.VerifyHashedPassword(Anybody, hash ?? nobody.Value, password);
        return hash is null ? PasswordCheck.Wrong : result switch
        {
            PasswordVerificationResult.Success => PasswordCheck.Right,
            PasswordVerificationResult.SuccessRehashNeeded => PasswordCheck.RightButOld,
            _ => PasswordCheck.Wrong,
        };
    }
}
