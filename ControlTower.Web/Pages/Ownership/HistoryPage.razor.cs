using System.Globalization;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>Every change, what it changed, who agreed to it, when it held, and the way back to it.</summary>
public sealed partial class HistoryPage
{
    private IReadOnlyList<OwnershipChange> changes = [];
    private int? before;
    private int? open;
    private int? current;
    private OwnershipAct? asked;

    [Inject] private OwnershipReads Reads { get; set; } = default!;
    [Inject] private OwnershipDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    protected override (string Path, string What) Of => (Links.OwnershipHistory, "The history");

    private bool MayReturn => Person?.May(Permissions.OwnershipApprove) == true;

    protected override Keymap Hands() => new("Ownership history",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "what it changed", OpenAsync, Hint: true),
    ]);

    protected override void Show(string uri)
    {
        var values = QueryText.Of(uri);
        (before, open, asked) = (QueryText.Number(values("before")), QueryText.Number(values("open")), null);
        current = open ?? current;
    }

    protected override async Task ReadAsync(OwnershipScene scene, CancellationToken cancel)
    {
        var found = before is { } number ? await Reads.ChangesAsync(number, cancel) : scene.Changes;
        cancel.ThrowIfCancellationRequested();
        changes = found;
    }

    private void Ask(OwnershipChange change) => (asked, Acts.Wrong) = (new OwnershipAct(OwnershipDo.Return, change), null);

    private Task ReturnAsync(string why) => asked is { Change: var change } act ? Acts.RunAsync(async () =>
    {
        switch (await Desk.ReturnAsync(change.Number, change.Version, why, await Actor.MustAsync(Permissions.OwnershipApprove), Gone))
        {
            case OwnershipAnswer.Done:
                asked = null;
                Snackbar.Add(act.Said, Severity.Success);
                break;
            case OwnershipAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    }) : Task.CompletedTask;

    private string Href(int? number) => QueryText.Href(Links.OwnershipHistory, ("before", before?.ToString(CultureInfo.InvariantCulture)), ("open", number?.ToString(CultureInfo.InvariantCulture)));

    private Task MoveAsync(int by)
    {
        if (changes.Count > 0 && asked is null)
        {
            current = changes.Step(one => one.Number == current, by).Number;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (asked is null && current is { } number)
        {
            Navigation.NavigateTo(Href(number == open ? null : number));
        }

        return Task.CompletedTask;
    }
}
