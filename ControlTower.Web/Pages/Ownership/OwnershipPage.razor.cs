using System.Globalization;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>Who owns what: domains by connections as the rules of a moment have them, what is narrower, what others wrote, and the change that is looked at.</summary>
public sealed partial class OwnershipPage
{
    private const int MostWrites = 6;

    private OwnershipQuery query = OwnershipQuery.Start;
    private OwnershipScene? scene;
    private OwnershipChange? shown;
    private IReadOnlyList<OwnershipSource> columns = [];
    private IReadOnlyList<OwnershipRow> rows = [];
    private IReadOnlyList<OwnershipOverride> overrides = [];
    private List<OwnershipWrite> writes = [];
    private long weekly;
    private OwnershipAct? asked;
    private int? day;
    private int days = 14;

    [Inject] private OwnershipRoom Room { get; set; } = default!;
    [Inject] private OwnershipReads Reads { get; set; } = default!;
    [Inject] private OwnershipDesk Desk { get; set; } = default!;
    [Inject] private OwnershipTrials Trials { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayDraft => Person?.May(Permissions.OwnershipDraft) == true;

    private bool IsOpen => query.Change is not null && shown is { State: OwnershipStates.Draft or OwnershipStates.Asked };

    private string Wall => query.On is { } on ? on.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture) : "";

    protected override Following Follows => new("Who owns what", LiveTopics.Ownership | LiveTopics.Connections, TimeSpan.FromSeconds(1), Links.Ownership);

    protected override Keymap Hands() => new("Ownership",
    [
        .. KeyBinding.Walk(MoveAsync, "next domain", "domain before"), new("n", "draft a change", NewAsync, Hint: true),
    ]);

    private static string Text(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    private static DateTime? Moment(ChangeEventArgs change) => DateTime.TryParse(Text(change), CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at : null;

    protected override void Show(string uri) => (query, asked, Acts.Wrong) = (OwnershipQuery.Parse(uri), null, null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var read = await Room.ReadAsync(cancel);
        var change = query.Change is { } number ? read.Changes.FirstOrDefault(c => c.Number == number) ?? await Reads.FindAsync(number, cancel) : read.InForce;
        var filter = new OwnershipWriteFilter(query.Domain, Since: read.Now - OwnershipRoom.Week);
        var (newest, count) = (await Reads.WritesAsync(filter, long.MaxValue, MostWrites, cancel), await Reads.CountAsync(filter, cancel));
        cancel.ThrowIfCancellationRequested();
        (scene, shown, writes, weekly) = (read, change, newest, count);
        Reckon();
    }

    private void Reckon()
    {
        var at = query.At(scene!.Now, Zone);
        var selected = query.Change is null ? null : shown;
        columns = OwnershipMatrix.Columns(scene, query.Brand, query.Region);
        rows = OwnershipMatrix.Rows(scene, at, query.Brand, query.Region, selected);
        overrides = OwnershipMatrix.Overrides(scene, at, query.Domain, query.Brand, query.Region, selected, coming: true);
    }

    private Task DoAsync(OwnershipDo what)
    {
        if (shown is not { } change)
        {
            return Task.CompletedTask;
        }

        Acts.Wrong = null;
        switch (what)
        {
            case OwnershipDo.Try:
                return TryAsync(change);
            case OwnershipDo.Ask:
                return ActAsync(Permissions.OwnershipDraft, actor => Desk.AskAsync(change.Number, change.Version, actor, Gone), "Another admin is asked.");
            case OwnershipDo.Withdraw:
                return ActAsync(Permissions.OwnershipDraft, actor => Desk.WithdrawAsync(change.Number, change.Version, actor, Gone), "Withdrawn.");
            case OwnershipDo.Return:
                asked = scene!.Beneath(change) is { } below ? new OwnershipAct(what, below) : null;
                return Task.CompletedTask;
            default:
                asked = new OwnershipAct(what, change);
                return Task.CompletedTask;
        }
    }

    private Task SayAsync(string why) => asked is { Change: var change } act ? ActAsync(Permissions.OwnershipApprove, actor => act.Do switch
    {
        OwnershipDo.Approve => Desk.ApproveAsync(change.Number, change.Version, why, actor, Gone),
        OwnershipDo.Return => Desk.ReturnAsync(change.Number, change.Version, why, actor, Gone),
        _ => Desk.RejectAsync(change.Number, change.Version, why, act.Do is OwnershipDo.Changes, actor, Gone),
    }, act.Said) : Task.CompletedTask;

    private Task ActAsync(string permission, Func<Data.Audit.Actor, Task<OwnershipAnswer>> act, string said) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(permission)))
        {
            case OwnershipAnswer.Done:
                asked = null;
                Snackbar.Add(said, Severity.Success);
                break;
            case OwnershipAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });

    private Task TryAsync(OwnershipChange change) => Acts.RunAsync(async () =>
    {
        await Actor.MustAsync(Permissions.OwnershipDraft);
        day = 0;
        StateHasChanged();
        try
        {
            var found = await Trials.RunAsync(change.Number, days, new Progress<int>(done =>
            {
                // What is told late is told after the end.
                day = day is null ? null : done;
                StateHasChanged();
            }), Gone);
            if (found is null)
            {
                Acts.Wrong = "Somebody changed it meanwhile. Try what stands now.";
            }
        }
        finally
        {
            day = null;
        }

        await LoadAsync();
    });

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private void Go(OwnershipQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (asked is null)
        {
            var at = OwnershipDomains.All.TakeWhile(d => d.Id != query.Domain).Count();
            Go(query with { Domain = OwnershipDomains.All[Math.Clamp(at + by, 0, OwnershipDomains.All.Count - 1)].Id });
        }

        return Task.CompletedTask;
    }

    private Task NewAsync()
    {
        if (MayDraft && asked is null)
        {
            Navigation.NavigateTo(Links.NewOwnership);
        }

        return Task.CompletedTask;
    }
}
