using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Pages.Admin;

/// <summary>What stands in the form of a person to add or to change.</summary>
public sealed class PersonForm
{
    public Guid? Id { get; set; }

    public string Name { get; set; } = "";

    public string Email { get; set; } = "";

    public string Role { get; set; } = Roles.Operations;

    public bool Finance { get; set; }
}

/// <summary>
/// People of the tower: list, add, change, disable, enable, one-time links. Each write asks anew who acts and is audited; a refusal comes back
/// as a sentence.
/// </summary>
public sealed class AdminModel(AccountStore accounts, LinkStore links, IdentityStore identities, FactorStore factors, AuditReader audit, CurrentActor actor)
{
    private const string NoReason = "Give a reason of 3 to 200 characters. It stands in the audit.";

    private static readonly TimeSpan LinkLasts = TimeSpan.FromHours(24);

    public IReadOnlyList<Account>? People { get; private set; }

    public IReadOnlyList<AuditRow> Trail { get; private set; } = [];

    public async Task LoadAsync(CancellationToken stop = default)
    {
        People = await accounts.ListAsync(stop);
        Trail = await audit.LatestAsync(60, null, stop);
    }

    /// <summary>The link's secret, or what is wrong. A person who was added has no password until they use the link.</summary>
    public async Task<(string? Secret, string? Wrong)> AddAsync(PersonForm form)
    {
        if (PersonRules.WrongName(form.Name) is { } wrongName)
            return (null, wrongName);
        if (PersonRules.WrongEmail(form.Email.Trim()) is { } wrongEmail)
            return (null, wrongEmail);
        if (!Roles.All.Contains(form.Role, StringComparer.Ordinal))
            return (null, "Choose one of the four roles.");
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        var (account, refusal) = await accounts.AddAsync(new NewAccount(form.Email, form.Name, form.Role, form.Finance), by);
        return account is null ? (null, Say(refusal)) : (await links.IssueAsync(account.Id, LinkLasts, by), null);
    }

    public async Task<string?> ChangeAsync(PersonForm form)
    {
        if (!Roles.All.Contains(form.Role, StringComparer.Ordinal))
            return "Choose one of the four roles.";
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        return Say(await accounts.ChangeRoleAsync(form.Id!.Value, form.Role, form.Finance, by));
    }

    public async Task<string?> DisableAsync(Guid id, string reason)
    {
        if (reason.Trim().Length is < 3 or > 200)
            return NoReason;
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        return Say(await accounts.DisableAsync(id, reason.Trim(), by));
    }

    public async Task<string?> EnableAsync(Guid id) => Say(await accounts.EnableAsync(id, await actor.MustAsync(Permissions.AccountsWrite)));

    public async Task<string> LinkAsync(Guid id) => await links.IssueAsync(id, LinkLasts, await actor.MustAsync(Permissions.AccountsWrite));

    /// <summary>The person has no second factor any more, and is signed out everywhere: for whoever lost their authenticator. Where the policy wants one they set up another at their next sign-in.</summary>
    public async Task<string?> ResetFactorAsync(Guid id, string reason)
    {
        if (reason.Trim().Length is < 3 or > 200)
            return NoReason;
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        return await factors.RemoveAsync(id, "admin:account:reset-factor", reason.Trim(), endsSessions: true, by) ? null : "They have no second factor. Nothing was changed.";
    }

    /// <summary>Whom the authority calls so signs in to this account from now on.</summary>
    public async Task<string?> LinkIdentityAsync(Guid id, string issuer, string subject)
    {
        if (issuer.Trim().Length is 0 or > 400 || subject.Trim().Length is 0 or > 400)
            return "Give issuer and subject as the audit has them from the refused sign-in.";
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        return Say(await identities.LinkAsync(id, new ExternalIdentity(issuer.Trim(), subject.Trim()), by));
    }

    public Task<List<LinkedIdentity>> IdentitiesAsync(Guid id) => identities.ListAsync(id);

    /// <summary>Whom the authority calls so opens this account no more.</summary>
    public async Task<string?> UnlinkIdentityAsync(Guid id, ExternalIdentity who)
    {
        var by = await actor.MustAsync(Permissions.AccountsWrite);
        return Say(await identities.UnlinkAsync(id, who, "admin:account:unlink", by));
    }

    private static string? Say(AccountRefusal refusal) => refusal switch
    {
        AccountRefusal.None => null,
        AccountRefusal.EmailTaken => "Somebody has that e-mail already. Change their role, or enable them again.",
        AccountRefusal.IdentityTaken => "This work account signs in to another account here.",
        AccountRefusal.OnlyWayIn => "They could not sign in any more: they have no password that opens the tower. Give them a link first.",
        AccountRefusal.LastAdmin => "This is the last admin who can sign in. Make another one first.",
        AccountRefusal.NotFound => "This person is gone. Load the page again.",
        _ => "That did not work. Nothing was changed.",
    };
}
