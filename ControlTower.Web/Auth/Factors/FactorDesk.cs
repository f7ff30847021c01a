using System.Security.Cryptography;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth.Factors;

/// <summary>What the person needs to set up an authenticator: a key to type, and the same for a camera.</summary>
public sealed record FactorToSet(string Key, string Uri);

/// <summary>What a code came to.</summary>
internal sealed record FactorAnswer(bool Right, TriesLeft Left);

/// <summary>
/// The second factor of people with passwords: an authenticator's codes, each good once, and ten recovery codes. Tries are limited as those of passwords are, for each person by themselves, so that
/// the right password does not make room for more.
/// </summary>
internal sealed class FactorDesk(FactorStore factors, FactorSeal seal, SignInLimits limits, IOptions<AuthOptions> options, TimeProvider clock)
{
    private const int RecoveryCodes = 10;
    private const string Product = "ControlTower";

    /// <summary>Whether the policy wants a second factor of this role.</summary>
    public bool IsRequiredOf(string role) => options.Value.SecondFactor is "all" || (options.Value.SecondFactor is "admins" && role == Roles.Admin);

    public async Task<bool> IsAskedOfAsync(Guid accountId, CancellationToken stop) => await factors.NeedAsync(accountId, stop) is var (has, role) && (has || IsRequiredOf(role));

    /// <summary>The key that waits for its first code; made if there is none. Null when the person has a confirmed one.</summary>
    public async Task<FactorToSet?> ToSetAsync(Guid accountId, string email, CancellationToken stop)
    {
        if (await factors.FindAsync(accountId, stop) is not { } found)
        {
            await factors.BeginAsync(accountId, seal.Seal(accountId, Totp.NewKey()), stop);
            found = (await factors.FindAsync(accountId, stop))!;
        }

        return found.Confirmed || seal.Open(accountId, found.Sealed) is not { } key ? null : new(Totp.Base32(key), Totp.Uri(key, Product, email));
    }

    /// <summary>Makes the waiting key the person's factor. The recovery codes are shown now and never again; null: the code was not right.</summary>
    public async Task<(IReadOnlyList<string>? Recovery, FactorAnswer Answer)> ConfirmAsync(Guid accountId, string code, Actor by, CancellationToken stop)
    {
        IReadOnlyList<string>? recovery = null;
        var answer = await LimitedAsync(accountId, by.Address, async () =>
        {
            if (await factors.FindAsync(accountId, stop) is not { Confirmed: false } found || seal.Open(accountId, found.Sealed) is not { } key || Totp.StepOf(key, Clean(code), clock.GetUtcNow()) is not { } step)
                return false;
            string[] made = [.. Enumerable.Range(0, RecoveryCodes).Select(_ => NewRecoveryCode())];
            if (!await factors.ConfirmAsync(accountId, step, made.Select(one => Secrets.Hash(Clean(one))), by, stop))
                return false;
            recovery = made;
            return true;
        }, stop);
        return (recovery, answer);
    }

    /// <summary>An authenticator's code of now, or a recovery code, of somebody who has a factor.</summary>
    public Task<FactorAnswer> CheckAsync(Guid accountId, string code, Actor by, CancellationToken stop) => LimitedAsync(accountId, by.Address, async () =>
    {
        var clean = Clean(code);
        if (await factors.FindAsync(accountId, stop) is not { Confirmed: true } found)
            return false;
        if (clean.Length != Totp.Digits)
            return await factors.RecoverAsync(accountId, Secrets.Hash(clean), by, stop);
        return seal.Open(accountId, found.Sealed) is { } key && Totp.StepOf(key, clean, clock.GetUtcNow()) is { } step && await factors.UseAsync(accountId, step, stop);
    }, stop);

    // Counted before the code is looked at, as with passwords: of many at once no more than the limit get that far.
    private async Task<FactorAnswer> LimitedAsync(Guid accountId, string? address, Func<Task<bool>> check, CancellationToken stop)
    {
        var (whose, from) = ($"code:{accountId}", address ?? "unknown");
        if (await limits.LeftAsync(whose, from, stop) is { Tries: <= 0 } before)
            return new(false, before);
        await limits.FailedAsync(whose, from, stop);
        var left = await limits.LeftAsync(whose, from, stop);
        if (left.Tries < 0 || !await check())
            return new(false, left);
        await limits.SucceededAsync(whose, stop);
        return new(true, left);
    }

    // 80 random bits: nobody guesses one, with or without the database.
    private static string NewRecoveryCode() => string.Join('-', Totp.Base32(RandomNumberGenerator.GetBytes(10)).Chunk(4).Select(part => new string(part)));

    private static string Clean(string code) => new([.. code.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit).Take(64)]);
}
