using System.Security.Cryptography;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth.Factors;

/// <summary>What the person needs to set up an authenticator: a key to type, and the same for a camera. <paramref name="Stamp"/>: with another one the person begins anew.</summary>
public sealed record FactorToSet(string Key, string Uri, Guid Stamp);

/// <summary>What a code came to.</summary>
internal sealed record FactorAnswer(bool Right, TriesLeft Left);

/// <summary>
/// The second factor of people with passwords: an authenticator's codes, each good once, and ten recovery codes. Tries are limited as those of passwords are, for each person by themselves, so that
/// the right password does not make room for more. Each code that was looked at and is not right is in the audit; those that come during the pause are counted and told as one.
/// </summary>
internal sealed class FactorDesk(FactorStore factors, FactorSeal seal, SignInLimits limits, PauseBook pauses, AuditLog audit, IOptions<AuthOptions> options, TimeProvider clock)
{
    private const int RecoveryCodes = 10;
    private const string Product = "ControlTower";

    /// <summary>Whether the policy wants a second factor of this role.</summary>
    public bool IsRequiredOf(string role) => options.Value.SecondFactor is "all" || (options.Value.SecondFactor is "admins" && role == Roles.Admin);

    public async Task<bool> IsAskedOfAsync(Guid accountId, CancellationToken stop) => await factors.NeedAsync(accountId, stop) is var (has, role) && (has || IsRequiredOf(role));

    /// <summary>A new key that waits for its first code, in place of any other: whoever saw one that was left has nothing. Null when the person has a confirmed one.</summary>
    /// <param name="asking">Secret of the session or half sign-in that asks: nobody else is shown this key, or confirms it.</param>
    public async Task<FactorToSet?> BeginAsync(Guid accountId, string email, string asking, CancellationToken stop)
    {
        var key = Totp.NewKey();
        return await factors.BeginAsync(accountId, asking, seal.Seal(accountId, key), stop) is { } stamp ? ToSet(key, email, stamp) : null;
    }

    /// <summary>The key that waits for the same who asks, as when a page is loaded anew; a new one if there is none.</summary>
    public async Task<FactorToSet?> ToSetAsync(Guid accountId, string email, string asking, CancellationToken stop) =>
        await factors.FindAsync(accountId, stop) is { } found && found.WaitsFor(asking) && seal.Open(accountId, found.Sealed) is { } key ? ToSet(key, email, found.Stamp) : await BeginAsync(accountId, email, asking, stop);

    /// <summary>Who asked for the key sets up nothing after all.</summary>
    public Task ForgetAsync(Guid accountId, string asking, CancellationToken stop) => factors.ForgetAsync(accountId, asking, stop);

    /// <summary>The person has a factor that was confirmed: their password alone proves nothing.</summary>
    public async Task<bool> HasAsync(Guid accountId, CancellationToken stop) => await factors.FindAsync(accountId, stop) is { Confirmed: true };

    /// <summary>The policy wants a second factor of this role, and the person has none that was confirmed.</summary>
    public async Task<bool> LacksAsync(Guid accountId, string role, CancellationToken stop) => IsRequiredOf(role) && !await HasAsync(accountId, stop);

    /// <summary>Makes the waiting key the person's factor. The recovery codes are shown now and never again; null: the code was not right, or the person has another stamp than when they began.</summary>
    /// <param name="stamp">The person's when they began.</param>
    /// <param name="asking">As at <see cref="BeginAsync"/>.</param>
    /// <param name="action">The permission by which this is done.</param>
    public async Task<(IReadOnlyList<string>? Recovery, FactorAnswer Answer)> ConfirmAsync(Guid accountId, Guid stamp, string asking, string code, string action, Actor by, CancellationToken stop)
    {
        IReadOnlyList<string>? recovery = null;
        var answer = await LimitedAsync(accountId, action, by, async () =>
        {
            if (await factors.FindAsync(accountId, stop) is not { } found || !found.WaitsFor(asking) || seal.Open(accountId, found.Sealed) is not { } key || Totp.StepOf(key, Clean(code), clock.GetUtcNow()) is not { } step)
                return false;
            string[] made = [.. Enumerable.Range(0, RecoveryCodes).Select(_ => NewRecoveryCode())];
            if (!await factors.ConfirmAsync(accountId, stamp, found.Sealed, step, made.Select(one => Secrets.Hash(Clean(one))), by, stop))
                return false;
            recovery = made;
            return true;
        }, stop);
        return (recovery, answer);
    }

    /// <summary>The person takes their own factor away, with a code of it: whoever only sits at their screen does not.</summary>
    /// <exception cref="ArgumentException">Their role needs one. Nothing was changed.</exception>
    public async Task<FactorAnswer> RemoveAsync(string code, Actor by, CancellationToken stop)
    {
        if (IsRequiredOf(by.Role))
            throw new ArgumentException("Your role needs a second factor.", nameof(by));
        var answer = await CheckAsync(by.Id!.Value, code, Permissions.FactorWrite, by, stop);
        if (answer.Right)
            await factors.RemoveAsync(by.Id.Value, Permissions.FactorWrite, "by themselves", endsSessions: false, by, stop);
        return answer;
    }

    /// <summary>An authenticator's code of now, or a recovery code, of somebody who has a factor.</summary>
    /// <param name="action">What it is asked for, as the audit names it.</param>
    public Task<FactorAnswer> CheckAsync(Guid accountId, string code, string action, Actor by, CancellationToken stop) => LimitedAsync(accountId, action, by, async () =>
    {
        var clean = Clean(code);
        if (await factors.FindAsync(accountId, stop) is not { Confirmed: true } found)
            return false;
        if (clean.Length != Totp.Digits)
            return await factors.RecoverAsync(accountId, Secrets.Hash(clean), by, stop);
        return seal.Open(accountId, found.Sealed) is { } key && Totp.StepOf(key, clean, clock.GetUtcNow()) is { } step && await factors.UseAsync(accountId, step, stop);
    }, stop);

    // Counted before the code is looked at, as with passwords: of many at once no more than the limit get that far.
    private async Task<FactorAnswer> LimitedAsync(Guid accountId, string action, Actor by, Func<Task<bool>> check, CancellationToken stop)
    {
        var (whose, from) = ($"code:{accountId}", by.Address ?? "unknown");
        await pauses.TellAsync(stop);
        var left = await limits.LeftAsync(whose, from, stop);
        if (left.Tries > 0)
        {
            await limits.FailedAsync(whose, from, stop);
            left = await limits.LeftAsync(whose, from, stop);
            if (left.Tries >= 0)
                return await CheckedAsync(whose, left, action, by, check, stop);
        }

        await pauses.TurnedAwayAsync(accountId, left.Until ?? clock.GetUtcNow() + SignInLimits.Pause, stop);
        return new(false, left);
    }

    private async Task<FactorAnswer> CheckedAsync(string whose, TriesLeft left, string action, Actor by, Func<Task<bool>> check, CancellationToken stop)
    {
        if (!await check())
        {
            await audit.AppendAsync(new AuditEntry(by, action, $"account:{by.Id}", AuditOutcome.Refused, left.Tries == 0 ? "second factor, paused for 15 minutes" : "second factor did not match"), stop);
            return new(false, left);
        }

        await limits.SucceededAsync(whose, stop);
        return new(true, left);
    }

    private static FactorToSet ToSet(byte[] key, string email, Guid stamp) => new(Totp.Base32(key), Totp.Uri(key, Product, email), stamp);

    // 80 random bits: nobody guesses one, with or without the database.
    private static string NewRecoveryCode() => string.Join('-', Totp.Base32(RandomNumberGenerator.GetBytes(10)).Chunk(4).Select(part => new string(part)));

    private static string Clean(string code) => new([.. code.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit).Take(64)]);
}
