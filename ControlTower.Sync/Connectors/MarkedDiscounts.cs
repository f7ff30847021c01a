using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors;

/// <summary>A discount of the tower as a channel keeps it.</summary>
/// <param name="Differs">The first of kind, value, items, code and window that is not as the terms say; null if nothing is.</param>
/// <param name="CanBecome">The channel lets it be changed into what the terms say.</param>
/// <param name="Raw">As it was read.</param>
internal sealed record MarkedDiscount(string Id, bool On, string? Differs, bool CanBecome, JsonElement Raw);

/// <summary>
/// What vendors have in common that know no keys for discounts: they are found by the mark at the end of their name before anything is written. An attempt that came late may have made one twice; then
/// one stands and the others are taken off.
/// </summary>
internal abstract class MarkedDiscounts(TimeProvider clock)
{
    protected TimeProvider Clock => clock;

    public async Task<DiscountAnswer> DiscountAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync(terms, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new DiscountAnswer.Failed(failure);
        }

        var differs = found.Count(f => f.On) > 1 ? "twice" : Best(found)?.Differs;
        return new DiscountAnswer.Shown(new DiscountShown(Best(found)?.Id, found.Any(f => f.On), found.Count > 0 && differs is null, differs));
    }

    public async Task<Outcome> SendAsync(SetDiscount command, CallScope scope, CancellationToken cancel)
    {
        if (command.On && (Unfit(command.Terms) ?? Over(command.Terms)) is { } refused)
        {
            return refused;
        }

        var (found, failure) = await FindAsync(command.Terms, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var there = command.On ? Best([.. found.Where(f => f.CanBecome)]) : null;
        foreach (var other in found.Where(f => f.On && f != there))
        {
            if (await TakeOffAsync(other, scope, cancel).ConfigureAwait(false) is { } ended)
            {
                return ended;
            }
        }

        return !command.On ? new Outcome.Accepted(Best(found)?.Id ?? command.Key.Value)
            : there is { On: true, Differs: null } ? new Outcome.Accepted(there.Id)
            : await StandAsync(command, there, scope, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(SetDiscount command, CallScope scope, CancellationToken cancel) => await DiscountAsync(command.Terms, scope, cancel).ConfigureAwait(false) switch
    {
        DiscountAnswer.Failed failed => HttpOutcome.Undecided(failed.Why),
        DiscountAnswer.Shown { What: var shown } when (command.On ? shown is { On: true, Agrees: true } : !shown.On) => new LookUp.Found(new Outcome.Accepted(shown.Id ?? command.Key.Value)),
        _ => new LookUp.Absent(),
    };

    /// <summary>Why this vendor cannot grant such a discount; null if it can.</summary>
    protected abstract Outcome.Refused? Unfit(DiscountTerms terms);

    /// <summary>All that bear the mark, in an order that is always the same.</summary>
    protected abstract Task<(IReadOnlyList<MarkedDiscount> Found, Outcome? Failure)> FindAsync(DiscountTerms terms, CallScope scope, CancellationToken cancel);

    /// <summary>Makes it stand as the terms say, and on; creates it if there is none.</summary>
    protected abstract Task<Outcome> StandAsync(SetDiscount command, MarkedDiscount? there, CallScope scope, CancellationToken cancel);

    /// <returns>How it ended if it was not taken off; else null.</returns>
    protected abstract Task<Outcome?> TakeOffAsync(MarkedDiscount there, CallScope scope, CancellationToken cancel);

    private Outcome.Refused? Over(DiscountTerms terms) => terms.EndsAt <= clock.GetUtcNow() ? new Outcome.Refused(FailureKind.Value, "window-passed", "The discount would end before it began.", "endsAt") : null;

    /// <summary>Vendors keep whole seconds or parts of them.</summary>
    protected static bool IsWindow(DiscountTerms terms, DateTimeOffset? startsAt, DateTimeOffset? endsAt) =>
        Whole(startsAt) == Whole(terms.StartsAt) && Whole(endsAt) == Whole(terms.EndsAt);

    private static long? Whole(DateTimeOffset? time) => time?.ToUnixTimeSeconds();

    private static MarkedDiscount? Best(IReadOnlyList<MarkedDiscount> found) => found.FirstOrDefault(f => f is { On: true, Differs: null }) ?? found.FirstOrDefault(f => f.On) ?? (found is [var first, ..] ? first : null);
}
