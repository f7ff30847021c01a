using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;

namespace ControlTower.Web.Auth;

/// <summary>One person per role for trying the tower with its simulated estate. Their password is public, so they exist on loopback only.</summary>
internal static class DemoPeople
{
    public const string Password = "look around the tower";

    private static readonly NewAccount[] People =
    [
        new("ida.holm@demo.example", "Ida Holm", Roles.Operations, Finance: true),
        new("noor.visser@demo.example", "Noor Visser", Roles.Merchandiser, Finance: false),
        new("mats.lind@demo.example", "Mats Lind", Roles.Executive, Finance: false),
        new("tess.visser@demo.example", "Tess Visser", Roles.Admin, Finance: true),
    ];

    public static IEnumerable<string> Emails => People.Select(person => person.Email);

    public static async Task<bool> AnyAsync(AccountStore accounts, CancellationToken stop) =>
        (await accounts.ListAsync(stop)).Any(account => account.DisabledAt is null && Emails.Contains(account.Email, StringComparer.Ordinal));

    /// <summary>Only into a tower without people: a real one is never given demo accounts.</summary>
    public static async Task EnsureAsync(AccountStore accounts, LinkStore links, Passwords passwords, CancellationToken stop)
    {
        if (await accounts.AnyAsync(stop))
            return;
        var by = Actor.Tower("demo");
        var hash = passwords.Hash(Password);
        foreach (var person in People)
        {
            var (account, _) = await accounts.AddAsync(person, by, stop);
            if (account is null)
                continue; // Another node was faster.
            var secret = await links.IssueAsync(account.Id, TimeSpan.FromMinutes(5), by, stop);
            await links.SetPasswordAsync(secret, account.Id, hash, null, stop);
        }
    }
}
