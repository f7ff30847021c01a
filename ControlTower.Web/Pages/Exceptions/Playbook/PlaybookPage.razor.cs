using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions.Playbook;

/// <summary>What each kind of failure costs and how long it is kept, and what the retailer wrote down about codes. A failure in the address opens its remedy.</summary>
public sealed partial class PlaybookPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions)];

    private IReadOnlyList<CaseClass> classes = [];
    private IReadOnlyList<Remedy> remedies = [];
    private CaseClass? asked;
    private Remedy? opened, removing;
    private bool turned;

    [SupplyParameterFromQuery(Name = "failure")] public string? Failure { get; set; }
    [SupplyParameterFromQuery(Name = "code")] public string? Code { get; set; }
    [Inject] private PlaybookDesk Book { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    private bool MayConfigure => Person?.May(Permissions.ClassesConfigure) == true;

    private bool MayWrite => Person?.May(Permissions.RemediesWrite) == true;

    protected override Following Follows => new("The playbook", LiveTopics.Cases);

    protected override void Show(string uri) =>
        (Acts.Wrong, opened, turned) = (null, opened is { } held && held.Failure == Failure && held.Code == Code ? held : null, true);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var (kinds, written) = await Book.ListAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        (classes, remedies) = (kinds, written);
        // With the address, not with each change: what somebody writes stays.
        (opened, turned) = (turned ? opened ?? Opened() : opened, false);
    }

    private Remedy? Opened() => Failure is { } failure && Code is { Length: > 0 } code && classes.Any(kind => kind.Failure == failure)
        ? remedies.FirstOrDefault(remedy => remedy.Failure == failure && remedy.Code == code) ?? new Remedy(failure, code, "", null, 0, default, "")
        : null;

    private Task ChangeAsync((CaseClass Kind, string Runbook) wanted) => ActAsync(Permissions.ClassesConfigure, "The kind of failure was changed.", async actor =>
    {
        var changed = await Book.ChangeAsync(wanted.Kind with { Runbook = PlaybookDesk.Address(wanted.Runbook) }, actor, Gone);
        asked = changed ? null : asked;
        return changed;
    });

    private Task PutAsync((Remedy Remedy, string Runbook) wanted) => ActAsync(Permissions.RemediesWrite, "Written down. It is shown with each case of this code.", async actor =>
    {
        var changed = await Book.PutAsync(wanted.Remedy with { Runbook = PlaybookDesk.Address(wanted.Runbook) }, actor, Gone);
        if (changed)
        {
            Close();
        }

        return changed;
    });

    private Task RemoveAsync() => ActAsync(Permissions.RemediesWrite, "Removed.", async actor =>
    {
        var removed = await Book.RemoveAsync(removing!, actor, Gone);
        removing = null;
        return removed;
    });

    private void Ask(CaseClass? kind) => (asked, Acts.Wrong) = (kind, null);

    private Task ActAsync(string permission, string done, Func<Actor, Task<bool>> act) => Acts.RunAsync(async () =>
    {
        if (await act(await Actor.MustAsync(permission)))
        {
            Snackbar.Add(done, Severity.Success);
        }
        else
        {
            Acts.Wrong = "Somebody changed it meanwhile, and nothing of yours was written. Copy what you need, close this and open it again.";
        }

        await LoadAsync();
    });

    private void Close()
    {
        Acts.Wrong = null;
        Navigation.NavigateTo(Links.Playbook, new NavigationOptions { ReplaceHistoryEntry = true });
    }

    private static string Desk(string failure) => (ExceptionsQuery.All with { Failures = [failure] }).Href();

    private static string Percent(decimal share) => (share * 100).ToString("0.#", System.Globalization.CultureInfo.InvariantCulture) + " %";

    private static RenderFragment Runbook(Uri? address) => builder =>
    {
        if (address is null)
        {
            builder.AddContent(0, Say.None);
            return;
        }

        builder.OpenElement(1, "a");
        builder.AddAttribute(2, "href", address.AbsoluteUri);
        builder.AddAttribute(3, "target", "_blank");
        builder.AddAttribute(4, "rel", "noopener noreferrer");
        builder.AddAttribute(5, "title", address.AbsoluteUri);
        builder.AddContent(6, address.Host);
        builder.CloseElement();
    };
}
