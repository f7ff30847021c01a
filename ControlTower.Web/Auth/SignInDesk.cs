using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Web.Auth.Factors;

namespace ControlTower.Web.Auth;

/// <summary>What a sign-in came to. <paramref name="Session"/> is the secret for the cookie when it worked, <paramref name="Step"/> that of half a sign-in, where the second factor is to follow.</summary>
public sealed record SignInResult(string? Session, OpenSession? Person, int TriesLeft, DateTimeOffset? PausedUntil, string? Step = null);

/// <summary>Why a proof of oneself was not taken.</summary>
internal enum ProofFault
{
    None,

    /// <summary>The session is over.</summary>
    Over,
    Paused,
    Password,

    /// <summary>The second factor's code: the person has one, so the password alone proves nothing.</summary>
    Code,

    /// <summary>The policy wants a second factor of the person's role and they have none: a password alone proves nothing.</summary>
    NoFactor,
}

/// <summary>What a proof of oneself came to, and how many tries are left of what was wrong.</summary>
internal sealed record ProofAnswer(ProofFault Fault, int TriesLeft = 0);

/// <summary>
/// Signs people in. One answer for "no such person", "wrong password" and "disabled", in the same time; limits per e-mail and per address; every
/// result in the audit.
/// </summary>
internal sealed class SignInDesk(
    AccountStore accounts, SessionStore sessions, FactorStore steps, FactorDesk factors, SignInLimits limits, Passwords passwords, AuditLog audit)
{
    internal const string Proof = "shell:session:prove";
    internal const string Open = "shell:session:open";

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
        return await EnterAsync(known.AccountId, known.Stamp, address, agent, stop);
    }

    /// <summary>After the password, or the link that set it: a session, or half a sign-in where a second factor is asked of the person.</summary>
    /// <param name="stamp">The person's when they began: with another one by now, nothing opens.</param>
    public async Task<SignInResult> EnterAsync(Guid accountId, Guid stamp, string address, string agent, CancellationToken stop = default)
    {
        if (!await factors.IsAskedOfAsync(accountId, stop))
            return await OpenAsync(accountId, stamp, address, agent, stop);
        var (step, news) = await steps.OpenStepAsync(accountId, stamp, address, stop);
        // Whoever gets so far and no further knows the password. Until something opens, each counts as a failure.
        if (news && await steps.StepAsync(step, stop) is { } half)
            await audit.AppendAsync(new AuditEntry(new Actor(accountId, half.Name, half.Role, address), "shell:session:begin", $"account:{accountId}"), stop);
        return new(null, null, SignInLimits.PerEmail, null, step);
    }

    /// <summary>The person behind an open session shows anew that it is them: with their password, and with a code where they have a second factor. The same limits as at the sign-in.</summary>
    public async Task<ProofAnswer> ProveAsync(string session, string password, string code, string address, CancellationToken stop = default)
    {
        if (await sessions.ReadAsync(session, stop) is not { } person)
            return new(ProofFault.Over);
        if (await factors.LacksAsync(person.AccountId, person.Role, stop))
            return new(ProofFault.NoFactor);
        // Counted apart from the door, where anybody may use up the tries of an e-mail.
        var whose = $"proof:{person.AccountId}";
        if (await limits.LeftAsync(whose, address, stop) is { Tries: <= 0 })
            return new(ProofFault.Paused);
        await limits.FailedAsync(whose, address, stop);
        var left = await limits.LeftAsync(whose, address, stop);
        if (left.Tries < 0)
            return new(ProofFault.Paused);
        var (known, by) = (await accounts.CredentialsAsync(person.Email, stop), new Actor(person.AccountId, person.Name, person.Role, address));
        if (passwords.Check(known?.PasswordHash, password) is PasswordCheck.Wrong)
        {
            await audit.AppendAsync(new AuditEntry(by, Proof, $"account:{person.AccountId}", AuditOutcome.Refused, "did not match"), stop);
            return left.Until is null ? new(ProofFault.Password, left.Tries) : new(ProofFault.Paused);
        }

        await limits.SucceededAsync(whose, stop);
        if (await factors.HasAsync(person.AccountId, stop) && await factors.CheckAsync(person.AccountId, code, Proof, by, stop) is { Right: false, Left: var codes })
            return codes.Until is null ? new(ProofFault.Code, codes.Tries) : new(ProofFault.Paused);
        if (!await sessions.ProveAsync(session, stop))
            return new(ProofFault.Over);
        await audit.AppendAsync(new AuditEntry(by, Proof, $"account:{person.AccountId}"), stop);
        return new(ProofFault.None);
    }

    /// <summary>Opens a session for a person who showed who they are, and forgives the failures of their e-mail.</summary>
    /// <param name="stamp">The person's when they began: with another one by now, nothing opens and they sign in anew.</param>
    public async Task<SignInResult> OpenAsync(Guid accountId, Guid stamp, string address, string agent, CancellationToken stop = default)
    {
        var opened = await OpenedAsync(await sessions.OpenAsync(accountId, stamp, address, agent, stop), address, stop);
        if (opened.Person is { } person)
            await limits.SucceededAsync(person.Email, stop);
        return opened;
    }

    /// <summary>Opens a session for whom the authority vouches for.</summary>
    /// <param name="provenAt">When they showed there who they are.</param>
    public async Task<SignInResult> OpenByAuthorityAsync(Guid accountId, ExternalIdentity who, string address, string agent, DateTimeOffset provenAt, CancellationToken stop = default) =>
        await OpenedAsync(await sessions.OpenByAuthorityAsync(accountId, who, address, agent, provenAt, stop), address, stop);

    private async Task<SignInResult> OpenedAsync(string? session, string address, CancellationToken stop)
    {
        if (session is null || await sessions.ReadAsync(session, stop) is not { } person)
            return new(null, null, 0, null);
        await audit.AppendAsync(new AuditEntry(new Actor(person.AccountId, person.Name, person.Role, address), Open, $"account:{person.AccountId}"), stop);
        return new(session, person, SignInLimits.PerEmail, null);
    }

    private Task<long> RefusedAsync(Credentials? known, string address, TriesLeft left, CancellationToken stop) =>
        // What was typed is not repeated: people type passwords into the e-mail field.
        audit.AppendAsync(new AuditEntry(
            new Actor(known?.AccountId, "somebody", "anonymous", address), Open, known is null ? "account:unknown" : $"account:{known.AccountId}",
            AuditOutcome.Refused, left.Tries <= 0 ? "paused for 15 minutes" : "did not match"), stop);
}
