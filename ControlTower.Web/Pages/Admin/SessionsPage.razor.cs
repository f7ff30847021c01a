using ControlTower.Data.Accounts;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Everybody's open sessions, of one person if the address says so, and their end with a reason.</summary>
public sealed partial class SessionsPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<ListedSession> sessions = [];
    private IReadOnlyList<Account> people = [];
    private End? asked;
    private string reason = "";

    /// <summary>The account whose sessions are shown; anything else shows everybody's.</summary>
    [SupplyParameterFromQuery] private string? Person { get; set; }

    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private SessionBook Book { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<SessionsPage> Log { get; set; } = default!;

    private Account? Who => people.FirstOrDefault(account => account.Id.ToString() == Person);

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            panel ??= new PanelGuard("The sessions", Clock, Log);
            await LoadAsync();
        }
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () =>
    {
        people = await Accounts.ListAsync(gone.Token);
        sessions = await Book.ListAsync(Who?.Id, gone.Token);
    });

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
        var ended = asked!.Number is { } number ? (await Book.EndAsync(asked.Account, number, reason.Trim(), by, gone.Token) ? 1 : 0) : await Book.EndAllAsync(asked.Account, null, reason.Trim(), by, gone.Token);
        Messages.Add(ended == 0 ? "It was over already." : ended == 1 ? "Ended. Its pages say so within 10 seconds." : FormattableString.Invariant($"{ended} ended. Their pages say so within 10 seconds."), ended == 0 ? Severity.Warning : Severity.Success);
        asked = null;
        await LoadAsync();
    });

    private string Time(DateTimeOffset at) => Shared.Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private sealed record End(Guid Account, string Name, long? Number);
}
