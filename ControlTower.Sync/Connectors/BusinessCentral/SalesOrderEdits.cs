using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Makes a posted order say what the shop now says: compares line by line and changes only what differs, so a repeated update changes nothing. Every change
/// names the version it saw; if somebody else was faster, nothing of that step is done.
/// </summary>
internal sealed class SalesOrderEdits(ODataCall call, Invoices invoices, Locations locations, BusinessCentralSettings settings, ConnectionProfile profile)
{
    public async Task<Outcome> UpdateAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        var (current, plan, failure) = await CompareAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null || current is null)
        {
            return failure ?? await GoneAsync(command.PostedAs, cancel).ConfigureAwait(false);
        }

        var path = OData.Id("salesOrders", command.ErpReference)!;
        if (plan!.Head.Count > 0
            && (await call.PatchAsync(path, plan.Head, current.Value.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false)).Failure is { } head)
        {
            return head;
        }

        foreach (var step in plan.Steps)
        {
            var line = step.Line is { } existing ? OData.Id("salesOrderLines", existing.Text("id")) : null;
            var tag = step.Line?.Text("@odata.etag") ?? "*";
            var answer = (line, step.Body) switch
            {
                (null, { } body) => await call.PostAsync($"{path}/salesOrderLines", body, cancel).ConfigureAwait(false),
                ({ } at, { } body) => await call.PatchAsync(at, body, tag, cancel).ConfigureAwait(false),
                ({ } at, null) => await call.DeleteAsync(at, tag, cancel).ConfigureAwait(false),
                _ => default,
            };
            if (answer.Failure is not null && !(step.Body is null && answer.IsAbsent))
            {
                return answer.Failure;
            }
        }

        var after = await call.ReadAsync($"{path}?$select=id,number,totalAmountIncludingTax", cancel).ConfigureAwait(false);
        return after.Failure is null ? SalesOrderReading.Head(after.Body) : new Outcome.Unknown("The order was changed, but could not be read back.");
    }

    public async Task<LookUp> LookUpAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        var (current, plan, failure) = await CompareAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : current is { } order && plan!.IsEmpty ? new LookUp.Found(SalesOrderReading.Of(order, command.Order, settings, profile))
            : new LookUp.Absent();
    }

    public async Task<Outcome> CancelAsync(CancelSalesOrder command, CancellationToken cancel)
    {
        if (OData.Id("salesOrders", command.ErpReference) is not { } path)
        {
            return BadReference();
        }

        var order = await call.ReadAsync($"{path}?$select=id,number", cancel).ConfigureAwait(false);
        if (order.Failure is not null)
        {
            return order.IsAbsent ? await CancelledAsync(command, cancel).ConfigureAwait(false) : order.Failure;
        }

        var deleted = await call.DeleteAsync(path, order.Tag, cancel).ConfigureAwait(false);
        return deleted.Failure is null || deleted.IsAbsent ? new Outcome.Accepted(command.ErpReference, order.Body.Text("number")) : deleted.Failure;
    }

    public async Task<LookUp> LookUpAsync(CancelSalesOrder command, CancellationToken cancel)
    {
        var order = OData.Id("salesOrders", command.ErpReference) is { } path ? await call.ReadAsync($"{path}?$select=id", cancel).ConfigureAwait(false) : default;
        return order.Failure is null ? new LookUp.Absent()
            : !order.IsAbsent ? HttpOutcome.Undecided(order.Failure)
            : await CancelledAsync(command, cancel).ConfigureAwait(false) switch
            {
                Outcome.Accepted accepted => new LookUp.Found(accepted),
                Outcome.Refused => new LookUp.Absent(),
                var failure => HttpOutcome.Undecided(failure),
            };
    }

    // An order that is not there was deleted, or was posted in full and lives on as an invoice.
    private async Task<Outcome> CancelledAsync(CancelSalesOrder command, CancellationToken cancel)
    {
        var invoiced = await invoices.FindAsync(command.PostedAs, cancel).ConfigureAwait(false);
        return invoiced.Failure
            ?? (invoiced.First is null ? new Outcome.Accepted(command.ErpReference) : AlreadyInvoiced(invoiced.First.Value));
    }

    private async Task<Outcome> GoneAsync(PostingKey postedAs, CancellationToken cancel)
    {
        var invoiced = await invoices.FindAsync(postedAs, cancel).ConfigureAwait(false);
        return invoiced.Failure
            ?? (invoiced.First is { } invoice ? AlreadyInvoiced(invoice) : new Outcome.Refused(FailureKind.Missing, "no-such-order", "The ERP no longer has this order.", "order"));
    }

    private static Outcome.Refused AlreadyInvoiced(JsonElement invoice) => new(FailureKind.Refused, "already-invoiced",
        $"The order is already invoiced as {invoice.Text("number")}. Correct it with a credit memo in the ERP.");

    private static Outcome.Refused BadReference() => new(FailureKind.Value, "bad-id", "The order's id in the ERP is no GUID.", "erpReference");

    /// <summary>Current is null, without a failure, if the order is gone.</summary>
    private async Task<(JsonElement? Current, Plan? Plan, Outcome? Failure)> CompareAsync(UpdateSalesOrder command, CancellationToken cancel)
    {
        if (OData.Id("salesOrders", command.ErpReference) is not { } path)
        {
            return (null, null, BadReference());
        }

        var (ids, unknown) = await locations.OfAsync(command.Allocations, cancel).ConfigureAwait(false);
        if (unknown is not null)
        {
            return (null, null, unknown);
        }

        var (wanted, problem) = SalesOrderLines.Of(command.Order, command.Allocations, ids, settings, profile);
        if (problem is not null)
        {
            return (null, null, problem);
        }

        var order = await call.ReadAsync($"{path}?$expand=salesOrderLines", cancel).ConfigureAwait(false);
        return order.IsAbsent ? (null, null, null)
            : order.Failure is not null ? (null, null, order.Failure)
            : (order.Body, Plan.Of(order.Body, wanted, SalesOrderHeader.Addresses(command.Order)), null);
    }

    /// <param name="Line">The line that is there; null to add one.</param>
    /// <param name="Body">What to write; null to delete.</param>
    private sealed record Step(JsonElement? Line, JsonObject? Body);

    private sealed record Plan(JsonObject Head, IReadOnlyList<Step> Steps)
    {
        public bool IsEmpty => Head.Count == 0 && Steps.Count == 0;

        public static Plan Of(JsonElement order, IReadOnlyList<WantedLine> wanted, IReadOnlyDictionary<string, string> addresses)
        {
            var head = new JsonObject();
            foreach (var (name, value) in addresses.Where(a => order.Text(a.Key) != a.Value))
            {
                head[name] = value;
            }

            // The number of a line cannot be changed, so lines are paired by what they sell; comments that people added stay.
            var left = order.Items("salesOrderLines").Where(l => l.Text("lineType") != "Comment").ToList();
            var steps = new List<Step>();
            foreach (var want in wanted)
            {
                var match = left.FindIndex(l => Sells(l, want) && l.Text("locationId") == want.Location?.ToString("D", CultureInfo.InvariantCulture));
                match = match >= 0 ? match : left.FindIndex(l => Sells(l, want));
                if (match < 0)
                {
                    steps.Add(new Step(null, want.Body()));
                    continue;
                }

                var changes = Changes(left[match], want);
                if (changes.Count > 0)
                {
                    steps.Add(new Step(left[match], changes));
                }

                left.RemoveAt(match);
            }

            steps.AddRange(left.Select(l => new Step(l, null)));
            return new Plan(head, steps);
        }

        // Item numbers are kept in capitals there.
        private static bool Sells(JsonElement line, WantedLine want) =>
            line.Text("lineType") == want.LineType && string.Equals(line.Text("lineObjectNumber"), want.Number, StringComparison.OrdinalIgnoreCase);

        private static JsonObject Changes(JsonElement line, WantedLine want)
        {
            var changes = new JsonObject();
            if (line.Amount("quantity") != want.Quantity)
            {
                changes["quantity"] = want.Quantity;
            }

            // A new quantity makes the ERP look up its own price again, so price and discount go with it.
            if (changes.Count > 0 || line.Amount("unitPrice") != want.UnitPrice)
            {
                changes["unitPrice"] = want.UnitPrice;
            }

            if (changes.Count > 0 || line.Amount("discountAmount") != want.Discount)
            {
                changes["discountAmount"] = want.Discount;
            }

            return changes;
        }
    }
}
