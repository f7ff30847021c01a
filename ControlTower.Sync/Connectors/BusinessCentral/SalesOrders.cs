using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Posts orders. The API dedupes nothing, so each insert is preceded by a look for our key among orders and invoices (a fully posted order is gone, its
/// invoice carries the key on).
/// </summary>
internal sealed class SalesOrders(ODataCall call, Invoices invoices, Customers customers, Locations locations, BusinessCentralSettings settings, ConnectionProfile profile)
{
    private const string Fields = "$select=id,number,totalAmountIncludingTax";

    public async Task<Outcome> PostAsync(PostSalesOrder command, CancellationToken cancel)
    {
        var (existing, failure) = await FindAsync(command.Key, cancel).ConfigureAwait(false);
        if (failure is not null || existing is not null)
        {
            return failure ?? existing!;
        }

        var (ids, unknown) = await locations.OfAsync(command.Allocations, cancel).ConfigureAwait(false);
        if (unknown is not null)
        {
            return unknown;
        }

        var (lines, problem) = SalesOrderLines.Of(command.Order, command.Allocations, ids, settings, profile);
        if (problem is not null)
        {
            return problem;
        }

        var (customer, stranger) = await customers.NumberAsync(command.Order, cancel).ConfigureAwait(false);
        if (stranger is not null)
        {
            return stranger;
        }

        var body = SalesOrderHeader.New(command.Key, command.Order, customer, profile);
        body["salesOrderLines"] = new JsonArray([.. lines.Select(l => (JsonNode)l.Body())]);
        var posted = await call.PostAsync("salesOrders", body, cancel).ConfigureAwait(false);
        return posted.Failure
            ?? (posted.Body.Text("id") is not { } id ? HttpOutcome.Garbled(write: true, "it names no order")
                : posted.Body.Amount("totalAmountIncludingTax") == command.Order.Totals.Total ? SalesOrderReading.Head(posted.Body)
                : await ReadBackAsync(id, cancel).ConfigureAwait(false));
    }

    public async Task<LookUp> LookUpAsync(PostSalesOrder command, CancellationToken cancel)
    {
        var order = await call.ReadAsync(OData.Where("salesOrders", OData.ByKey(command.Key), "$expand=salesOrderLines"), cancel).ConfigureAwait(false);
        if (order.Failure is null && order.First is { } there)
        {
            return new LookUp.Found(SalesOrderReading.Of(there, command.Order, settings, profile));
        }

        var (existing, failure) = order.Failure is not null ? (null, order.Failure) : await FindAsync(command.Key, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure) : existing is not null ? new LookUp.Found(existing) : new LookUp.Absent();
    }

    private async Task<(Outcome.Accepted? Existing, Outcome? Failure)> FindAsync(PostingKey key, CancellationToken cancel)
    {
        var orders = await call.ReadAsync(OData.Where("salesOrders", OData.ByKey(key), Fields), cancel).ConfigureAwait(false);
        if (orders.Failure is not null || orders.First is not null)
        {
            return (orders.First is { } order ? SalesOrderReading.Head(order) : null, orders.Failure);
        }

        var invoiced = await invoices.FindAsync(key, cancel).ConfigureAwait(false);
        return (invoiced.First is { } invoice ? SalesOrderReading.Head(invoice) : null, invoiced.Failure);
    }

    // The answer to a deep insert may show the head as it was before its lines were summed.
    private async Task<Outcome> ReadBackAsync(string id, CancellationToken cancel)
    {
        var read = OData.Id("salesOrders", id) is { } path ? await call.ReadAsync($"{path}?{Fields}", cancel).ConfigureAwait(false) : default;
        return read.Body.ValueKind == JsonValueKind.Object && read.Failure is null
            ? SalesOrderReading.Head(read.Body)
            : new Outcome.Unknown("The order was posted, but its total could not be read back.");
    }
}
