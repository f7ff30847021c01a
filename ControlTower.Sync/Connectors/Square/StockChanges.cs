using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Stock of stores, changed by so many: Square adds deltas up with the sales of its own tills, where a set number would undo the sales made meanwhile. A count is what
/// somebody counted, and is set. Our key makes a repetition harmless.
/// </summary>
internal sealed class StockChanges(ConnectionProfile profile, SquareCall call)
{
    /// <summary>The vendor's limit of one request.</summary>
    private const int MostChanges = 100;

    public async Task<Outcome> SendAsync(ChangeStock command, CancellationToken cancel)
    {
        if (command.Changes.Count is 0 or > MostChanges)
        {
            return new Outcome.Refused(FailureKind.TooLarge, "too-many-changes", $"Square takes 1 to {MostChanges} changes at once.", "changes");
        }

        var (variations, failure) = await VariationsAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var body = new JsonObject
        {
            ["idempotency_key"] = command.Key.Value,
            ["changes"] = new JsonArray([.. command.Changes.Select(c => (JsonNode)Change(c, variations[c.Sku], command))]),
            ["ignore_unchanged_counts"] = true,
        };
        var (answer, refused) = await call.WriteAsync(HttpMethod.Post, "v2/inventory/changes/batch-create", body, cancel).ConfigureAwait(false);
        return refused ?? (answer.At("counts") is not null || answer.At("changes") is not null
            ? new Outcome.Accepted(command.Key.Value)
            : HttpOutcome.Garbled(write: true, "it tells no counts"));
    }

    /// <summary>Each change carries our key as its reference: found among the changes of one of its variations, all were made, for a batch is made whole.</summary>
    public async Task<LookUp> LookUpAsync(ChangeStock command, CancellationToken cancel)
    {
        var (variations, failure) = await VariationsAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure is Outcome.Refused { Kind: FailureKind.Missing } ? new LookUp.Absent() : HttpOutcome.Undecided(failure);
        }

        var body = new JsonObject
        {
            ["catalog_object_ids"] = new JsonArray(variations[command.Changes[0].Sku]),
            ["updated_after"] = command.At.AddHours(-1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        while (true)
        {
            var (page, broken) = await call.SearchAsync("v2/inventory/changes/batch-retrieve", body, cancel).ConfigureAwait(false);
            if (broken is not null)
            {
                return HttpOutcome.Undecided(broken);
            }

            if (page.Items("changes").Any(c => (c.Text("adjustment", "reference_id") ?? c.Text("physical_count", "reference_id")) == command.Key.Value))
            {
                return new LookUp.Found(new Outcome.Accepted(command.Key.Value));
            }

            if (page.Text("cursor") is not { Length: > 0 } next)
            {
                return new LookUp.Absent();
            }

            body["cursor"] = next;
        }
    }

    private async Task<(IReadOnlyDictionary<string, string> BySku, Outcome? Failure)> VariationsAsync(ChangeStock command, CancellationToken cancel)
    {
        var (found, failure) = await new Variations(call).FindAsync(command.Changes.Select(c => c.Sku), cancel).ConfigureAwait(false);
        var unknown = command.Changes.Select((c, i) => (c.Sku, At: i)).FirstOrDefault(c => failure is null && !found.ContainsKey(c.Sku));
        return unknown.Sku is null
            ? (found, failure)
            : (found, new Outcome.Refused(
                FailureKind.Missing, "unknown-item", $"Square has no item variation with the SKU {VendorText.Cut(unknown.Sku, 60)}, or more than one.", string.Create(CultureInfo.InvariantCulture, $"changes.{unknown.At}")));
    }

    private JsonObject Change(StockChange change, string variation, ChangeStock command)
    {
        var counted = change.Counted is not null;
        var amount = change.Counted ?? Math.Abs(change.Delta);
        var body = new JsonObject
        {
            ["reference_id"] = command.Key.Value,
            ["catalog_object_id"] = variation,
            ["location_id"] = SquareSettings.Location(profile, change.Location),
            ["quantity"] = amount.ToString(CultureInfo.InvariantCulture),
            ["occurred_at"] = command.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        if (counted)
        {
            body["state"] = "IN_STOCK";
            return new JsonObject { ["type"] = "PHYSICAL_COUNT", ["physical_count"] = body };
        }

        // More came in from nowhere; less was sold elsewhere.
        (body["from_state"], body["to_state"]) = change.Delta >= 0 ? ("NONE", "IN_STOCK") : ("IN_STOCK", "SOLD");
        return new JsonObject { ["type"] = "ADJUSTMENT", ["adjustment"] = body };
    }
}
