using ControlTower.Data.Accounts;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Everybody's open sessions, of one person if the address says so, and their end with a reason.</summary>
public sealed partial class SessionsPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<ListedSession> sessions = [];
    private IReadOnlyList<Account> people = [];
    private End? asked;
    private string reason = "";

    /// <summary>The account whose sessions are shown; anything else shows everybody's.</summary>
    [SupplyParameterFromQuery(Name = "person")] private string? Of { get; set; }

    [Inject] private SessionBook Book { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private Account? Who => WhoOf(people);

    protected override Following Follows => new("The sessions");

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var known = await Accounts.ListAsync(cancel);
        var open = await Book.ListAsync(WhoOf(known)?.Id, cancel);
        cancel.ThrowIfCancellationRequested();
        (people, sessions) = (known, open);
    }

    private Account? WhoOf(IEnumerable<Account> known) => known.FirstOrDefault(account => account.Id.ToString() == Of);

    private void Choose(ChangeEventArgs change) => Navigation.NavigateTo(Guid.TryParse(change.Value as string, out var person) ? Links.SessionsOf(person) : Links.Sessions);

    private void Ask(End end) => (asked, reason, Acts.Wrong) = (end, "", null);

    private void Close() => (asked, Acts.Wrong) = (null, null);

    private Task EndAsync() => Acts.RunAsync(async () =>
    {
        if (reason.Trim().Length is < 3 or > 200)
        {
            Acts.Wrong = "Give a reason of 3 to 200 characters. It stands in the audit.";
            return;
        }

        var by = await Actor.MustAsync(Permissions.SessionsManage);
        var ended = asked!.Number is { } number ? (await Book.EndAsync(asked.Account, number, reason.Trim(), by, Gone) ? 1 : 0) : await Book.EndAllAsync(asked.Account, null, reason.Trim(), by, Gone);
        Messages.Add(ended == 0 ? "It was over already." : ended == 1 ? "Ended. Its pages say so within 10 seconds." : FormattableString.Invariant($"{ended} ended. Their pages say so within 10 seconds."), ended == 0 ? Severity.Warning : Severity.Success);
        asked = null;
        await LoadAsync();
    });

    private sealed record End(Guid Account, string Name, long? Number);
}
