using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Ownership;

namespace ControlTower.Sync.Ownership;

/// <param name="Writes">For the log, a place each; they go along with what is stated.</param>
/// <param name="Refused">Places of which this client may not speak. If there are any, nothing of the statement is taken.</param>
/// <param name="Number">The change in force.</param>
public sealed record StatedVerdict(IReadOnlyList<NewOwnershipWrite> Writes, IReadOnlyList<string> Refused, int Number);

/// <summary>Judges what clients of the API state of stock, place by place. A program cannot wait for a person: what would be kept aside is refused, and it may send it again when the rules let it.</summary>
public sealed class StatedStock(TowerDataSources data, OwnershipBook ownership)
{
    /// <param name="client">As the log names it: <c>client:</c> and its id.</param>
    /// <param name="field">level or supply.</param>
    /// <param name="places">Of each item stated, and of each that the statement takes away.</param>
    public async Task<StatedVerdict> JudgeAsync(string client, string field, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var book = await ownership.CurrentAsync(cancel);
        var known = await StockStore.PlacesAsync(data.Work, [.. places.Distinct(StringComparer.Ordinal)], cancel);
        var writes = new List<NewOwnershipWrite>();
        foreach (var place in places.GroupBy(p => p, StringComparer.Ordinal).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var where = new OwnershipContext(OwnershipDomains.Inventory, field, known.GetValueOrDefault(place.Key).Brand ?? "", known.GetValueOrDefault(place.Key).Region ?? "", "", place.Key, client);
            var judgement = book.Judge(where);
            var verdict = judgement.Verdict(ownerHasWord: false) is Judgement.Quarantined ? Judgement.Blocked : judgement.Verdict(ownerHasWord: false);
            writes.Add(new NewOwnershipWrite(where, place.Key, null, $"{place.Count().ToString(CultureInfo.InvariantCulture)} items", null, verdict, judgement.Number));
        }

        var refused = writes.Where(w => !Judgement.IsTaken(w.Verdict)).ToList();
        if (refused.Count > 0)
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await OwnershipLog.WriteAsync(connection, refused, cancel);
        }

        return new StatedVerdict(refused.Count > 0 ? [] : writes, [.. refused.Select(w => w.Subject)], book.Number);
    }
}
