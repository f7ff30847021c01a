using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;

namespace ControlTower.Web.Auth.Authorities;

/// <summary>Why somebody whom the authority vouches for does not get in, or cannot be asked for. The word stands in the address of the sign-in page, which says it in full.</summary>
internal enum AuthorityTrouble
{
    None,

    /// <summary>The authority gives no answer, or one that is an error of its own.</summary>
    Away,

    /// <summary>The answer was not good: forged, old, replayed, meant for somebody else.</summary>
    Refused,

    /// <summary>None of the person's roles and groups means one here.</summary>
    NoRole,

    /// <summary>The token has no e-mail address.</summary>
    NoEmail,

    /// <summary>An account of another origin has that e-mail.</summary>
    Taken,
    Disabled,

    /// <summary>It opened an account once and was unlinked: an admin links it again.</summary>
    Unlinked,

    /// <summary>The authority took the role from the last admin.</summary>
    LastAdmin,

    /// <summary>Who proved themselves is not who is signed in, or did so too long ago.</summary>
    NotProven,

    /// <summary>The token does not say when somebody proved themselves.</summary>
    NoTime,

    /// <summary>Somebody else is signed in at this browser.</summary>
    AnotherPerson,
}

/// <summary>Lets in whom the authority vouches for. Every result is in the audit; who has no role leaves nothing behind but that.</summary>
internal sealed class AuthorityDesk(IdentityStore identities, AccountStore accounts, SessionStore sessions, SessionBook book, SignInDesk desk, Denials denials, AuditLog audit, TimeProvider clock)
{
    /// <param name="here">Who is signed in at the browser: the way to the authority is a link, and no link changes who somebody is.</param>
    public async Task<(AuthorityTrouble Trouble, SignInResult? Entered)> EnterAsync(AuthorityClaims who, Guid? here, string address, string agent, CancellationToken stop)
    {
        var (trouble, account) = here is not null && await identities.FindAsync(who.Identity, stop) is var known && known?.Id != here ? (AuthorityTrouble.AnotherPerson, known) : await AccountAsync(who, address, stop);
        if (trouble is AuthorityTrouble.None)
        {
            var entered = await desk.OpenByAuthorityAsync(account!.Id, who.Identity, address, agent, Earlier(who.ProvenAt ?? DateTimeOffset.UnixEpoch), stop);
            if (entered.Session is not null)
                return (trouble, entered);
            trouble = AuthorityTrouble.Disabled;
        }

        // Whom the authority gives no role any more has nothing open here either.
        if (trouble is AuthorityTrouble.NoRole && account is not null)
            await book.EndAllAsync(account.Id, null, Reason(trouble), Actor.Tower("authority"), stop);
        await denials.TellAsync(
            new Actor(account?.Id, account?.Name ?? "somebody", account?.Role ?? "anonymous", address), SignInDesk.Open, account is null ? "account:unknown" : $"account:{account.Id}", Reason(trouble),
            new Guid(Secrets.Hash($"{who.Identity.Issuer}\n{who.Identity.Subject}").AsSpan(0, 16)), Detail(who.Identity));
        return (trouble, null);
    }

    /// <summary>The person behind an open session proved themselves anew at the authority, which also says what they may be by now.</summary>
    public async Task<AuthorityTrouble> ProveAsync(AuthorityClaims who, string session, string address, CancellationToken stop)
    {
        var (person, known) = (await sessions.ReadAsync(session, stop), await identities.FindAsync(who.Identity, stop));
        var trouble = person is null || known?.Id != person.AccountId || clock.GetUtcNow() - who.ProvenAt > RecentSignIn.Lasts ? AuthorityTrouble.NotProven
            : who.ProvenAt is null ? AuthorityTrouble.NoTime
            : (await AccountAsync(who, address, stop)).Item1;
        if (trouble is AuthorityTrouble.None && !await sessions.ProveByAuthorityAsync(session, who.Identity, Earlier(who.ProvenAt!.Value), stop))
            trouble = AuthorityTrouble.NotProven;
        if (trouble is AuthorityTrouble.NoRole)
            await book.EndAllAsync(known!.Id, null, Reason(trouble), Actor.Tower("authority"), stop);
        if (person is not null)
        {
            await audit.AppendAsync(
                new AuditEntry(
                    new Actor(person.AccountId, person.Name, person.Role, address), SignInDesk.Proof, $"account:{person.AccountId}", trouble is AuthorityTrouble.None ? AuditOutcome.Done : AuditOutcome.Refused,
                    trouble is AuthorityTrouble.None ? null : Reason(trouble),
                    Detail(who.Identity)), stop);
        }

        return trouble;
    }

    // Being let in by a sign-in of this morning proves nobody at the keyboard now.
    private DateTimeOffset Earlier(DateTimeOffset at) => at < clock.GetUtcNow() ? at : clock.GetUtcNow();

    private async Task<(AuthorityTrouble, Account?)> AccountAsync(AuthorityClaims who, string address, CancellationToken stop)
    {
        var account = await identities.FindAsync(who.Identity, stop);
        if (account is { DisabledAt: not null })
            return (AuthorityTrouble.Disabled, account);
        if (who.Role is not { } role)
            return (AuthorityTrouble.NoRole, account);
        if (account is null)
        {
            if (await identities.WasUnlinkedAsync(who.Identity, stop))
                return (AuthorityTrouble.Unlinked, null);
            if (who.Email is not { } email)
                return (AuthorityTrouble.NoEmail, null);
            (account, _) = await identities.MakeAsync(who.Identity, new NewAccount(email, who.Name, role, who.Finance ?? false), address, stop);
            // The same person may have come in by two doors at once.
            account ??= await identities.FindAsync(who.Identity, stop);
            if (account is null)
                return (AuthorityTrouble.Taken, null);
        }

        var finance = who.Finance ?? account.Finance;
        if ((account.Role, account.Finance) != (role, finance) && await accounts.ChangeRoleAsync(account.Id, role, finance, Actor.Tower("authority"), stop) is AccountRefusal.LastAdmin)
            return (AuthorityTrouble.LastAdmin, account);
        return (AuthorityTrouble.None, account);
    }

    private static Dictionary<string, string> Detail(ExternalIdentity who) => new(StringComparer.Ordinal) { ["issuer"] = who.Issuer, ["subject"] = who.Subject };

    private static string Reason(AuthorityTrouble trouble) => trouble switch
    {
        AuthorityTrouble.NoRole => "the authority gives no role that means one here",
        AuthorityTrouble.NoEmail => "the authority gives no e-mail",
        AuthorityTrouble.Taken => "another account has the e-mail",
        AuthorityTrouble.Unlinked => "unlinked from its account",
        AuthorityTrouble.LastAdmin => "the authority took the role of the last admin",
        AuthorityTrouble.NotProven => "the authority vouched for somebody else, or too long ago",
        AuthorityTrouble.NoTime => "the authority does not say when (auth_time)",
        AuthorityTrouble.AnotherPerson => "somebody else is signed in at this browser",
        _ => "disabled",
    };
}
