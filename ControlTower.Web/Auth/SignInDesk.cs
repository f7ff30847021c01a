using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;

namespace ControlTower.Web.Auth;

/// <summary>What a sign-in came to. <paramref name="Session"/> is the secret for the cookie when it worked.</summary>
public sealed record SignInResult(string? Session, OpenSession? Person, int TriesLeft, DateTimeOffset? PausedUntil);

/// <summary>
/// Signs people in. One answer for "no such person", "wrong password" and "disabled", in the same time; limits per e-mail and per address; every
/// result in the audit.
/// </summary>
public sealed class SignInDesk(AccountStore accounts, SessionStore sessions, SignInLimits limits, Passwords passwords, AuditLog audit)
{
    public async Task<SignInResult> TryAsync(string email, string password, string address, CancellationToken stop = default)
    {
        var before = await limits.LeftAsync(email, address, stop);
        if (before.Tries <= 0)
            return new(null, null, 0, before.Until);

        // Counted before the password is looked at: of many tries at once, no more than the limit get that far, because each counts all that were written before it.
        await limits.FailedAsync(email, address, stop);
        var left = await limits.LeftAsync(email, address, stop);
        if (left.Tries < 0)
            return new(null, null, 0, left.Until);

        var known = await accounts.CredentialsAsync(email, stop);
        var check = passwords.Check(known?.PasswordHash, password);
        if (known is null or { Disabled: true } || check is PasswordCheck.Wrong)
        {
            await RefusedAsync(known, address, left, stop);
            return new(null, null, left.Tries, left.Until);
        }

        if (check is PasswordCheck.RightButOld)
            await accounts.RehashAsync(known.AccountId, known.PasswordHash!, passwords.Hash(password), stop);
        await limits.SucceededAsync(email, stop);
        return await OpenAsync(known.AccountId, address, stop);
    }

    /// <summary>Opens a session for a person who proved themselves in another way, for example with a one-time link.</summary>
    public async Task<SignInResult> OpenAsync(Guid accountId, string address, CancellationToken stop = default)
    {
        var session = await sessions.OpenAsync(accountId, address, stop);
        var person = await sessions.ReadAsync(session, stop);
        if (person is null)
            return new(null, null, 0, null);
        await audit.AppendAsync(new AuditEntry(new Actor(accountId, person.Name, person.Role, address), "shell:session:open", $"account:{accountId}"), stop);
        return new(session, person, SignInLimits.PerEmail, null);
    }

    private Task<long> RefusedAsync(Credentials? known, string address, TriesLeft left, CancellationToken stop) =>
        // What was typed is not repeated: people type passwords into the e-mail field.
        audit.AppendAsync(new AuditEntry(
            new Actor(known?.AccountId, "somebody", "anonymous", address), "shell:session:open", known is null ? "account:unknown" : $"account:{known.AccountId}",
            AuditOutcome.Refused, left.Tries <= 0 ? "paused for 15 minutes" : "did not match"), stop);
}
