using System.Globalization;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The records of one company by entity set, and its number series. Called under the company's lock.</summary>
public sealed class Tables(TimeProvider clock)
{
    private readonly Dictionary<string, Dictionary<Guid, BcRecord>> sets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> series = new(StringComparer.Ordinal);

    public IEnumerable<BcRecord> All(string set) => sets.TryGetValue(set, out var rows) ? rows.Values : [];

    public BcRecord? Find(string set, Guid id) => sets.TryGetValue(set, out var rows) ? rows.GetValueOrDefault(id) : null;

    /// <summary>By a unique text field, compared as the vendor's database does.</summary>
    public BcRecord? By(string set, string field, string value) => All(set).FirstOrDefault(r => string.Equals(r.Text(field), value, StringComparison.OrdinalIgnoreCase));

    public BcRecord New(string set)
    {
        var record = new BcRecord(BcSchema.Entities[set]);
        record["id"] = Guid.NewGuid();
        return record;
    }

    public void Save(BcChange change, BcRecord record, string kind)
    {
        var set = record.Entity.Set;
        if (!sets.TryGetValue(set, out var rows)) sets[set] = rows = [];
        var now = clock.GetUtcNow();
        record.Version = rows.TryGetValue(record.Id, out var old) ? old.Version + 1 : 1;
        if (record.Entity.Field("lastModifiedDateTime") is not null) record["lastModifiedDateTime"] = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
        rows[record.Id] = record;
        change.Puts.Add(new Put(set, record.Id.ToString(), record.ToStored()));
        change.Touched.Add((set, record.Id, kind));
    }

    public void Remove(BcChange change, BcRecord record)
    {
        sets[record.Entity.Set].Remove(record.Id);
        change.Puts.Add(EffectBook.Gone(record.Entity.Set, record.Id.ToString()));
        change.Touched.Add((record.Entity.Set, record.Id, "deleted"));
    }

    /// <summary>The next number of a series; numbers are never given twice, also after a restart.</summary>
    public string NextNumber(BcChange change, string prefix, int first)
    {
        var next = series[prefix] = series.GetValueOrDefault(prefix, first - 1) + 1;
        change.Puts.Add(EffectBook.Put("#series", prefix, next));
        return prefix + next.ToString(CultureInfo.InvariantCulture);
    }

    public void Restore(Put put)
    {
        if (put.Set == "#series")
        {
            series[put.Id] = put.Value!.Value.GetInt32();
            return;
        }

        if (!BcSchema.Entities.TryGetValue(put.Set, out var entity)) return;
        if (!sets.TryGetValue(put.Set, out var rows)) sets[put.Set] = rows = [];
        if (put.Value is { } stored) rows[Guid.Parse(put.Id)] = BcRecord.FromStored(entity, stored);
        else rows.Remove(Guid.Parse(put.Id));
    }

    /// <summary>Set-up data: not journaled, made anew from the seed at each start unless the journal overrides it.</summary>
    public BcRecord Seed(string set, Guid id, params ReadOnlySpan<(string Field, object? Value)> values)
    {
        var record = new BcRecord(BcSchema.Entities[set]);
        record["id"] = id;
        foreach (var (field, value) in values) record[field] = value;
        if (record.Entity.Field("lastModifiedDateTime") is not null) record["lastModifiedDateTime"] = new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
        if (!sets.TryGetValue(set, out var rows)) sets[set] = rows = [];
        rows[id] = record;
        return record;
    }
}
