using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Taking cases in hand, putting them off, taking the last act back.</summary>
public sealed partial class ExceptionsPage
{
    private HandsAsked? askedAssign;
    private HandsAsked? askedSnooze;
    private IReadOnlyList<CasePerson> people = [];
    private (long Case, int Version) looked;
    private Done? last;
    private Snackbar? offer;

    [Inject] private CaseDesk Hands { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;

    private bool MayAssign => person?.May(Permissions.ExceptionsAssign) == true;

    /// <summary>The ticked rows if there are any, else the case one looks at.</summary>
    private IReadOnlyCollection<long> Chosen => model.Ticks.Count > 0 ? [.. model.Ticks.Ids] : (query.Case ?? currentId) is { } id ? [id] : [];

    /// <summary>Whoever opens a case of their own need not be told of it any more. Where that cannot be kept they are told once too often.</summary>
    private async Task LookedAsync()
    {
        if (model.Detail?.Row is not { IsOpen: true } row || row.Assignee?.Id != Me || looked == (row.Id, row.Version))
        {
            return;
        }

        looked = (row.Id, row.Version);
        try
        {
            await Hands.LookedAsync(row.Id, Me, gone.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || DatabaseTrouble.Is(error))
        {
            looked = default;
        }
    }

    private Task AskAssignAsync() => GuardedAsync(async () =>
    {
        if (!FitsOneAct(Chosen.Count))
        {
            return;
        }

        var all = await Accounts.ListAsync(gone.Token);
        people = [.. all.Where(one => one.DisabledAt is null && Roles.May(one.Role, one.Finance, Permissions.ExceptionsRetry)).OrderByDescending(one => one.Id == Me).Select(one => new CasePerson(one.Id, one.Name))];
        askedAssign = await HandsAsync(BatchKind.Assign);
    });

    private Task AskSnoozeAsync() => GuardedAsync(async () =>
    {
        if (FitsOneAct(Chosen.Count))
        {
            askedSnooze = await HandsAsync(BatchKind.Snooze);
        }
    });

    // So many as can be taken back case by case are read as they are seen; of more the set is frozen, and a batch has them.
    private async Task<HandsAsked> HandsAsync(BatchKind kind) => Chosen.Count > CaseDesk.Most
        ? new HandsAsked([]) { Set = await model.FreezeAsync(Chosen, kind), More = TickedMore }
        : new HandsAsked(await model.ReadAsync(Chosen));

    private Task AssignAsync(AssignAsked asked) => asked.Of.Set is { } set
        ? BatchAsync(new BatchAsked(
            asked.Of.Key, set.Ids,
            new BatchOrder(BatchKind.Assign)
            {
                Assignee = asked.Person?.Id, AssigneeName = asked.Person?.Name, Ticket = asked.Person is null || asked.Ticket.Trim().Length == 0 ? null : asked.Ticket.Trim(), Until = asked.Until,
            },
            asked.Until is not null && asked.Ticket.Trim() is { Length: > 0 } note ? note : null, BatchPlan.Act))
        : AssignSeenAsync(asked);

    private Task AssignSeenAsync(AssignAsked asked) => ActAsync(asked.Of.Cases, async (seen, actor) =>
    {
        askedAssign = null;
        var assigned = await Hands.AssignAsync(seen, asked.Person, asked.Ticket, actor, gone.Token);
        if (asked.Until is not { } until || asked.Person is null || assigned.Moved.Count == 0)
        {
            return (assigned, asked.Person is null ? "in nobody's hands" : asked.Person.Id == Me ? "in your hands" : $"in {asked.Person.Name}'s hands");
        }

        var held = await Hands.ShelveAsync([.. assigned.Moved.Select(moved => new CaseSeen(moved.Id, moved.Version))], ShelfKind.Held, until, asked.Ticket, actor, gone.Token);
        // Taken back, both acts are: to where the first one found it, from where the second one left it.
        var versions = held.Moved.ToDictionary(moved => moved.Id, moved => moved.Version);
        return (assigned with { Moved = [.. assigned.Moved.Select(moved => moved with { Version = versions.GetValueOrDefault(moved.Id, moved.Version) })] }, "on hold, off the board");
    });

    private Task SnoozeAsync(SnoozeAsked asked) => asked.Of.Set is { } set
        ? BatchAsync(new BatchAsked(asked.Of.Key, set.Ids, new BatchOrder(BatchKind.Snooze) { Until = asked.Until }, asked.Note.Trim() is { Length: > 0 } note ? note : null, BatchPlan.Act))
        : SnoozeSeenAsync(asked);

    private Task SnoozeSeenAsync(SnoozeAsked asked) => ActAsync(asked.Of.Cases, async (seen, actor) =>
    {
        askedSnooze = null;
        return (await Hands.ShelveAsync(seen, ShelfKind.Snoozed, asked.Until, asked.Note, actor, gone.Token), "snoozed");
    });

    private async Task WakeAsync()
    {
        if (Chosen.Count > CaseDesk.Most)
        {
            await BatchAsync(new BatchAsked(Guid.NewGuid(), [.. Chosen], new BatchOrder(BatchKind.Wake), null, BatchPlan.Act));
            return;
        }

        IReadOnlyList<CaseRow> cases = [];
        await GuardedAsync(async () => cases = await model.ReadAsync(Chosen));
        await ActAsync(cases, async (seen, actor) => (await Hands.WakeAsync(seen, actor, gone.Token), "back on the board"));
    }

    /// <summary>u: takes the last act back while it can be.</summary>
    private Task UndoAsync() => GuardedAsync(async () =>
    {
        if (last is not { } done)
        {
            Tell("There is nothing to undo.", Severity.Info);
            return;
        }

        last = null;
        var (words, undone) = await done.TakeBackAsync(await Actor.MustAsync(done.Permission));
        Tell(words, undone ? Severity.Success : Severity.Warning);
        await RefreshAsync();
    });

    private async Task<(string Words, bool Done)> RestoreAsync(IReadOnlyList<CaseMoved> moved, DateTimeOffset at, Actor actor)
    {
        var restored = await Hands.UndoAsync(moved, at, actor, gone.Token);
        var left = moved.Count - restored.Count;
        return (restored.Count == 0 ? "Nothing was taken back: it is too late, or somebody went on from there."
            : left > 0 ? $"{CasesWord(restored.Count)} as before; {left} changed since and were left." : $"Taken back: {CasesWord(restored.Count)} as before.", restored.Count > 0);
    }

    // The list is read again after the act, not in it: whoever sees what was done can take it back at once.
    private async Task ActAsync(
        IReadOnlyList<CaseRow> cases, Func<IReadOnlyList<CaseSeen>, Actor, Task<(CaseReceipt Receipt, string Words)>> act, string permission = Permissions.ExceptionsAssign)
    {
        await GuardedAsync(async () =>
        {
            var actor = await Actor.MustAsync(permission);
            if (cases.Count == 0)
            {
                return;
            }

            try
            {
                var (receipt, words) = await act([.. cases.Select(seen => new CaseSeen(seen.Id, seen.Version))], actor);
                var at = Clock.GetUtcNow();
                last = receipt.Moved.Count > 0 ? new Done(at, permission, by => RestoreAsync(receipt.Moved, at, by)) : last;
                model.Ticks.Remove(receipt.Moved.Select(moved => moved.Id));
                TellDone(receipt, $"{(receipt.Moved.Count == 1 ? model.Row(receipt.Moved[0].Id)?.Name ?? "1 case" : CasesWord(receipt.Moved.Count))} {words}.", await WhyLeftAsync(receipt, cases));
            }
            catch (ArgumentException refusal)
            {
                Tell(refusal.Message, Severity.Warning);
            }
        });
        await RefreshAsync();
    }

    private void TellDone(CaseReceipt receipt, string done, string left)
    {
        if (receipt.Moved.Count == 0)
        {
            Tell($"Nothing was changed. {left}", Severity.Warning);
            return;
        }

        Offer($"{done} {left}".TrimEnd(), receipt.Left.Count > 0 ? Severity.Warning : Severity.Success);
    }

    /// <summary>Says what was done, with a way to take it back while that can be.</summary>
    private void Offer(string text, Severity severity)
    {
        announcement = text;
        if (offer is not null)
        {
            Snackbar.Remove(offer);
        }

        offer = Snackbar.Add(text, severity, options =>
        {
            options.Action = "Undo (u)";
            options.VisibleStateDuration = (int)CaseDesk.UndoTime.TotalMilliseconds;
            options.OnClick = _ => InvokeAsync(UndoAsync);
        });
    }

    // The second of two people is told who was first and what they did.
    private async Task<string> WhyLeftAsync(CaseReceipt receipt, IReadOnlyList<CaseRow> seen)
    {
        if (receipt.Left.Count == 0)
        {
            return "";
        }

        var before = seen.FirstOrDefault(row => row.Id == receipt.Left[0]);
        var now = await model.ReadAgainAsync(receipt.Left[0]);
        var why = before is null || now is null ? null : CaseWording.Changed(before, now, Viewer ?? Shared.Viewer.Default);
        return receipt.Left.Count == 1 ? $"{now?.Name ?? "The case"} was left: {why ?? "it does not fit"}." : $"{receipt.Left.Count} were left, such as {now?.Name}: {why ?? "they do not fit"}.";
    }

    private string CasesWord(int count) => $"{Say.Count(count, Viewer?.Culture)} {(count == 1 ? "case" : "cases")}";

    /// <summary>The last act that can be taken back, by whoever has the permission now. Taking it back answers in words, and whether anything was.</summary>
    private sealed record Done(DateTimeOffset At, string Permission, Func<Actor, Task<(string Words, bool Done)>> TakeBackAsync);
}

/// <summary>
/// What an act of the hands is about to be done to: the cases as they were seen when its dialog opened, or else the frozen set of many. Whatever happens to them behind it, the act is on that.
/// </summary>
public sealed record HandsAsked(IReadOnlyList<CaseRow> Cases)
{
    public CaseSet? Set { get; init; }

    /// <summary>The list was longer than one act may be.</summary>
    public bool More { get; init; }

    public Guid Key { get; } = Guid.NewGuid();

    public int Count => Set?.Ids.Count ?? Cases.Count;
}

/// <summary>Who shall look into these cases. <paramref name="Until"/>: they are off the board so long.</summary>
public sealed record AssignAsked(HandsAsked Of, CasePerson? Person, string Ticket, DateTimeOffset? Until);

/// <param name="Until">Null: until it changes.</param>
public sealed record SnoozeAsked(HandsAsked Of, DateTimeOffset? Until, string Note);
