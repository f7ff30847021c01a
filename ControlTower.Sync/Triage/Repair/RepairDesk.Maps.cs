using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Triage;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Triage.Mappings;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>What a target calls something: said once, remembered for all that comes later.</summary>
public sealed partial class RepairDesk
{
    /// <summary>What can be mapped for a case: words that its held document names, and what is in force already. Null if there is no such case.</summary>
    public async Task<MapOffer?> OfferAsync(long caseId, CancellationToken cancel)
    {
        if ((await RevisionStore.ReadAsync(data.Read, [caseId], cancel)).FirstOrDefault() is not { } row)
        {
            return null;
        }

        if (row is not { State: "open", ConnectionId: { } target, Delivery: 3, CarriesOrder: true })
        {
            return new MapOffer(caseId, row.ConnectionId, [], null, [], WhyNot(row) ?? "Nothing that waits here names anything that could be mapped.");
        }

        var choices = Words(row);
        return new MapOffer(caseId, target, choices, Likely(row, choices), await MappingStore.InForceAsync(data.Read, target, cancel), null);
    }

    /// <summary>What was mapped because of the same cause before, if this case names something of that kind; null if nothing was.</summary>
    public async Task<MappingUse?> MappedAsync(long caseId, CancellationToken cancel) =>
        (await RevisionStore.ReadAsync(data.Read, [caseId], cancel)).FirstOrDefault() is { State: "open", Delivery: 3, CarriesOrder: true } row
        && await MappingStore.UseAsync(data.Read, row.Fingerprint, cancel) is { } use && Words(row).Any(choice => choice.Kind == use.Kind) ? use : null;

    /// <summary>
    /// Puts a mapping in force for the target of a case, and retries every open case of the same cause that names the word. Mapping and the first <see cref="Slice"/> retries are one
    /// transaction; more follow in their own. They go out after <see cref="Grace"/>: until then removing the mapping brings them back. Asking twice maps once.
    /// </summary>
    public async Task<MapAnswer> MapAsync(long caseId, string kind, string from, string to, string reason, Actor actor, CancellationToken cancel)
    {
        var (ours, theirs) = (from.Trim(), to.Trim());
        if (MappingRules.Problem(kind, ours, theirs) is var (_, problem))
        {
            return new MapAnswer.Refused(problem);
        }

        if (Reason(reason) is not { } why)
        {
            return new MapAnswer.Refused("Say why in a few words: it stands in the history for ever.");
        }

        if ((await RevisionStore.ReadAsync(data.Read, [caseId], cancel)).FirstOrDefault() is not { ConnectionId: { } target } row)
        {
            return new MapAnswer.Refused("Nothing of this case waits for a target that could know it under another name.");
        }

        if (WhyNot(row) is { } not)
        {
            return new MapAnswer.Refused(not);
        }

        if (!Words(row).Any(c => c.Kind == kind && c.Words.Contains(ours)))
        {
            return new MapAnswer.Refused($"The document of this case does not name {ours}.");
        }

        var mapping = new NewMapping(target, kind, ours, theirs, row.Fingerprint, actor.Name, actor.Id, why);
        List<long> retried = [];
        long? put = null;
        for (long? after = 0; after is { } last && retried.Count < Most;)
        {
            var (taken, made, cases, next) = await TriedAsync(() => MapOnceAsync(mapping, last, actor, cancel));
            if (taken is not null)
            {
                return new MapAnswer.Taken(taken);
            }

            put ??= made;
            retried.AddRange(cases);
            after = next;
        }

        if (retried.Count > Slice)
        {
            // The moment in which it can be taken back begins when all of it is done.
            await RevisionStore.DelayAsync(data.Work, [.. retried], Grace, cancel);
        }

        return new MapAnswer.Done(retried) { Put = put };
    }

    // The next slice begins behind the last case that waited, whoever retried or closed some of them meanwhile; null at the end.
    private async Task<(MappingRow? Taken, long? Put, List<long> Retried, long? Next)> MapOnceAsync(NewMapping mapping, long after, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (put, before) = await MappingStore.PutAsync(connection, mapping, cancel);
        if (before is not null && before.To != mapping.To)
        {
            return (before, null, [], null);
        }

        var waiting = await MappingStore.WaitingAsync(connection, [new MappingKey(mapping.ConnectionId, mapping.Kind, mapping.From)], mapping.Fingerprint, after, Slice, cancel);
        var locked = (await RevisionStore.LockAsync(connection, [.. waiting], cancel)).Where(row => row is { State: "open", Delivery: 3 }).ToList();
        await RetryStore.FreezeAsync(connection, [.. locked.Select(row => row.CaseId)], cancel);
        await RetryStore.ReleaseDeliveriesAsync(connection, [.. locked.Select(row => row.PostingKey!)], cancel);
        await RevisionStore.DelayAsync(connection, [.. locked.Select(row => row.PostingKey!)], Grace, cancel);
        var cases = locked.ConvertAll(row => row.CaseId);
        await AwaitedOutcomes.RetriesAsync(connection, [.. cases], actor, cancel);
        if (put is not null || cases.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(
                actor, "exceptions:mapping:put", cases.Count == 0 ? $"connection:{mapping.ConnectionId}" : Subject(cases), AuditOutcome.Done, mapping.Why,
                Detail(("target", mapping.ConnectionId), ("kind", mapping.Kind), ("from", mapping.From), ("to", mapping.To), ("cases", Ids(cases)))), cancel);
        }

        await transaction.CommitAsync(cancel);
        Told([mapping.ConnectionId]);
        return (null, put, cases, waiting.Count == Slice ? waiting[^1] : null);
    }

    private static List<MapChoice> Words(RepairRow row)
    {
        var order = OrderPaper.Stored(row.Body!);
        var allocations = row.Arguments is null ? [] : JsonSerializer.Deserialize(row.Arguments, Flows.DeliveryJson.Default.DeliveryArguments)!.Allocations ?? [];
        var taxes = order.Lines.SelectMany(l => l.Taxes).Concat(order.Shipping.SelectMany(s => s.Taxes));
        return
        [
            .. new[]
            {
                new MapChoice(MappingKind.Sku, Some(order.Lines.Select(l => l.Sku))),
                new MapChoice(MappingKind.Location, Some(allocations.Select(a => a.Location).Append(order.PickupLocation))),
                new MapChoice(MappingKind.Customer, Some([Gateway.Remapping.Customer(order)])),
                new MapChoice(MappingKind.Tax, Some(taxes.Select(t => t.Code ?? Remapping.Rate(t.Rate)))),
            }.Where(choice => choice.Words.Count > 0),
        ];
    }

    private static string[] Some(IEnumerable<string?> words) =>
        [.. words.OfType<string>().Where(w => w.Length is > 0 and <= MappingStore.LongestWord).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // The cause's own name says what is missing, in the vendor's words: "unknown-item", "taxCode", "locationId".
    private static string? Likely(RepairRow row, List<MapChoice> choices)
    {
        bool Says(string part) => row.Fingerprint.Contains(part, StringComparison.OrdinalIgnoreCase);
        var kind = Says("tax") || Says("vat") ? MappingKind.Tax : Says("location") || Says("warehouse") ? MappingKind.Location : Says("sku") || Says("item") || Says("product") ? MappingKind.Sku
            : Says("customer") || Says("party") ? MappingKind.Customer : null;
        return choices.FirstOrDefault(c => c.Kind == kind)?.Kind ?? choices.FirstOrDefault()?.Kind;
    }
}
