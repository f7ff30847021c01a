using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Web.Auth.Factors;

namespace ControlTower.Web.Auth;

/// <summary>What a sign-in came to. <paramref name="Session"/> is the secret for the cookie when it worked, <paramref name="Step"/> that of half a sign-in, where the second factor is to follow.</summary>
public sealed record SignInResult(string? Session, OpenSession? Person, int TriesLeft, DateTimeOffset? PausedUntil, string? Step = null);

/// <summary>
/// Signs people in. One answer for "no such person", "wrong password" and "disabled", in the same time; limits per e-mail and per address; every
/// result in the audit.
/// </summary>
internal sealed class SignInDesk(
    AccountStore accounts, SessionStore sessions, FactorStore steps, FactorDesk factors, SignInLimits limits, Passwords passwords, AuditLog audit)
{
    internal const string Proof = "shell:session:prove";

    public async Task<SignInResult> TryAsync(string email, string password, string address, string agent = "", CancellationToken stop = default)
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
        return await EnterAsync(known.AccountId, address, agent, stop);
    }

    /// <summary>After the password, or the link that set it: a session, or half a sign-in where a second factor is asked of the person.</summary>
    public async Task<SignInResult> EnterAsync(Guid accountId, string address, string agent, CancellationToken stop = default) =>
        await factors.IsAskedOfAsync(accountId, stop)
            ? new(null, null, SignInLimits.PerEmail, null, await steps.OpenStepAsync(accountId, stop))
            : await OpenAsync(accountId, address, agent, byAuthority: false, stop: stop);

    /// <summary>The person behind an open session shows anew that it is them, with their password. The same limits as at the sign-in.</summary>
    public async Task<SignInResult> ProveAsync(string session, string password, string address, CancellationToken stop = default)
    {
        if (await sessions.ReadAsync(session, stop) is not { } person)
            return new(null, null, 0, null);
        if (await limits.LeftAsync(person.Email, address, stop) is { Tries: <= 0 } before)
            return new(null, null, 0, before.Until);
        await limits.FailedAsync(person.Email, address, stop);
        var left = await limits.LeftAsync(person.Email, address, stop);
        if (left.Tries < 0)
            return new(null, null, 0, left.Until);
        var known = await accounts.CredentialsAsync(person.Email, stop);
        if (passwords.Check(known?.PasswordHash, password) is PasswordCheck.Wrong)
        {
            await audit.AppendAsync(new AuditEntry(new Actor(person.AccountId, person.Name, person.Role, address), Proof, $"account:{person.AccountId}", AuditOutcome.Refused, "did not match"), stop);
            return new(null, null, left.Tries, left.Until);
        }

        await limits.SucceededAsync(person.Email, stop);
        await sessions.ProveAsync(session, null, stop);
        await audit.AppendAsync(new AuditEntry(new Actor(person.AccountId, person.Name, person.Role, address), Proof, $"account:{person.AccountId}"), stop);
        return new(session, person, SignInLimits.PerEmail, null);
    }

    /// <summary>Writes down that a second factor's code was not right.</summary>
    public Task<long> CodeRefusedAsync(Actor by, TriesLeft left, CancellationToken stop = default) =>
        audit.AppendAsync(new AuditEntry(by, "shell:session:open", $"account:{by.Id}", AuditOutcome.Refused, left.Tries <= 0 ? "second factor, paused for 15 minutes" : "second factor did not match"), stop);

    /// <summary>Opens a session for a person who proved themselves in another way, for example with a one-time link.</summary>
    /// <param name="provenAt">When they showed who they are; now unless it says.</param>
    public async Task<SignInResult> OpenAsync(Guid accountId, string address, string agent, bool byAuthority, DateTimeOffset? provenAt = null, CancellationToken stop = default)
    {
        var session = await sessions.OpenAsync(accountId, address, agent, byAuthority, provenAt, stop);
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
