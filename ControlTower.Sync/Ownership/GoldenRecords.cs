using ControlTower.Data.Db;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;

namespace ControlTower.Sync.Ownership;

/// <param name="Stance">What its source is to this field.</param>
/// <param name="Wins">It is the value that holds.</param>
public sealed record GoldenValue(string Source, string There, string? Value, DateTimeOffset At, Stance Stance, bool Wins, bool LetThrough);

/// <param name="Value">The one that holds; null where none may say, or none says anything.</param>
/// <param name="Why">How it was found.</param>
/// <param name="SetNumber">The change whose rule decided; 0 where there is no rule.</param>
/// <param name="Agreed">Every source that has a value has the same.</param>
public sealed record GoldenField(string Domain, string Field, string? Value, string? Source, string Why, int SetNumber, bool Agreed, IReadOnlyList<GoldenValue> Values);

/// <summary>
/// One product, customer or order as it is by the rules: each field with the value that holds, where it comes from and why, and what every other source says. Reckoned whenever it is read, from values that are all
/// kept: other rules show another record, and nothing has to be undone. What was written of an item has the time at which its source last changed the item.
/// </summary>
public sealed class GoldenRecords(TowerDataSources data, GoldenQueries queries, OwnershipBook ownership, ConnectionDirectory connections, TimeProvider clock)
{
    /// <param name="channel">For which channel; empty: for the group, by the rules that name no channel.</param>
    public async Task<IReadOnlyList<GoldenField>> ProductAsync(string sku, string channel, CancellationToken cancel)
    {
        List<(string Source, string Field, string? Value, DateTimeOffset At)> taken =
            [.. await OwnershipLog.TakenAsync(data.Read, OwnershipDomains.Product, sku, cancel), .. await OwnershipLog.TakenAsync(data.Read, OwnershipDomains.Price, sku, cancel)];
        return await RecordAsync(await queries.ProductAsync(sku, cancel), channel, taken, cancel);
    }

    /// <remarks>Personal: for who may see customers.</remarks>
    public async Task<IReadOnlyList<GoldenField>> CustomerAsync(string connection, string customer, CancellationToken cancel) =>
        await RecordAsync(await queries.CustomerAsync(connection, customer, cancel), "", [], cancel);

    /// <remarks>By the rules of the connection where the order was taken. Empty if there is no such order.</remarks>
    public async Task<IReadOnlyList<GoldenField>> OrderAsync(long flow, CancellationToken cancel) =>
        await RecordAsync(await queries.OrderAsync(flow, cancel), await queries.SourceOfAsync(flow, cancel) ?? "", [], cancel);

    private async Task<IReadOnlyList<GoldenField>> RecordAsync(
        List<SourceField> said, string channel, List<(string Source, string Field, string? Value, DateTimeOffset At)> taken, CancellationToken cancel)
    {
        var (book, profile) = (await ownership.CurrentAsync(cancel), connections.Find(channel));
        return [.. said.GroupBy(s => (s.Domain, s.Field)).Select(group => Field(book, group.Key.Domain, group.Key.Field, [.. group], profile?.Brand ?? "", profile?.Region ?? "", channel, taken))];
    }

    private GoldenField Field(
        RuleBook book, string domain, string field, List<SourceField> said, string brand, string region, string channel, List<(string Source, string Field, string? Value, DateTimeOffset At)> taken)
    {
        var values = said.ConvertAll(s => (Said: s, Value: new SourceValue(s.Source, s.Value, s.At, taken.Any(t => t.Source == s.Source && t.Field == field && t.Value == s.Value))));
        var agreed = values.Where(v => v.Value.Value is not null).Select(v => v.Value.Value).Distinct(StringComparer.Ordinal).Count() <= 1;
        if (book.For(domain, field, brand, region, channel, "") is not { } rule)
        {
            return new GoldenField(domain, field, null, null, "No rule says who owns this.", 0, agreed, [.. values.Select(v => Shown(v.Said, Stance.Reads, wins: false, v.Value.LetThrough))]);
        }

        var winner = Survivorship.Of(book, rule.Rule, [.. values.Select(v => v.Value)], clock.GetUtcNow());
        return new GoldenField(
            domain, field, winner.Value?.Value, winner.Value?.Source, winner.Why, rule.Number, agreed,
            [.. values.Select(v => Shown(v.Said, book.StanceOf(rule.Rule, v.Said.Source), ReferenceEquals(v.Value, winner.Value), v.Value.LetThrough))]);
    }

    private static GoldenValue Shown(SourceField said, Stance stance, bool wins, bool through) => new(said.Source, said.There, said.Value, said.At, stance, wins, through);
}
