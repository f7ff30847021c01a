using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Credits what came back as Tryton's own wizard does: a sale of negative quantities whose origin is the sale, with its prices and taxes, brought to processing; its credit note is posted
/// and its goods are received into the sale's warehouse. Our key is its <c>web_id</c>, unique in Tryton's database, from its first moment on, which the wizard could not give it: an attempt
/// that was cut short is found and gone on with. A cent that Tryton reckons otherwise becomes a line of its own (setting <c>roundingLine</c>). Shipping is not credited.
/// </summary>
internal sealed class TrytonCredit(ConnectionProfile profile, TrytonRpc rpc, TrytonProcessing processing, TrytonInvoices invoices)
{
    private const string Shipment = "stock.shipment.out.return";

    private static readonly string[] Header = ["number", "company", "currency", "party", "invoice_address", "shipment_address", "payment_term", "warehouse", "web_shop", "reference", "invoices"];

    public async Task<Outcome> CreditAsync(PostCreditMemo command, CancellationToken cancel)
    {
        var sale = await SoldAsync(command.PostedAs, cancel).ConfigureAwait(false);
        var plan = TrytonReturnPlan.Of(sale, command.Lines, command.Total?.Amount);
        var back = await TrytonSale.FindAsync(rpc, command.Key, cancel).ConfigureAwait(false)
            ?? await CreateAsync(command, sale, plan, cancel).ConfigureAwait(false);
        back = await processing.ProcessAsync(back, quoted => SettleAsync(quoted, command, plan, cancel), cancel).ConfigureAwait(false);
        if (!back.IsLive)
        {
            return new Outcome.Refused(FailureKind.Refused, $"sale-{back.State}", $"The return {back.Number ?? back.Reference} is {back.State} in Tryton and cannot be processed.");
        }

        foreach (var id in back.Invoices)
        {
            await invoices.PostAsync(id, cancel).ConfigureAwait(false);
        }

        foreach (var id in back.Returns)
        {
            await ReceiveAsync(id, cancel).ConfigureAwait(false);
        }

        return await ReadAsync(back, cancel).ConfigureAwait(false) as Outcome
            ?? new Outcome.NotDone(FailureKind.Intermittent, "Tryton has not finished the credit note or the return of the goods yet.");
    }

    /// <summary>Only a posted credit note whose goods are back counts: what was left behind half way is finished by sending again.</summary>
    public async Task<LookUp> LookUpAsync(PostCreditMemo command, CancellationToken cancel)
        => await TrytonSale.FindAsync(rpc, command.Key, cancel).ConfigureAwait(false) is { IsLive: true } back && await ReadAsync(back, cancel).ConfigureAwait(false) is { } done
            ? new LookUp.Found(done)
            : new LookUp.Absent();

    private async Task<JsonElement> SoldAsync(PostingKey postedAs, CancellationToken cancel)
    {
        var rows = await rpc.SearchAsync("sale.sale", new JsonArray(TrytonValue.Clause("web_id", "=", postedAs.Value)), [.. Header, .. TrytonReturnPlan.Fields], cancel, limit: 1).ConfigureAwait(false);
        return rows is [var sale] && await invoices.PostedAsync(TrytonValue.IdList(sale, "invoices"), cancel).ConfigureAwait(false) is not null
            ? sale
            : throw new CallEnded(new Outcome.Refused(FailureKind.Missing, "no-invoice", "Tryton has no posted invoice of this order, so there is nothing to credit.", "invoice"));
    }

    private async Task<TrytonSale> CreateAsync(PostCreditMemo command, JsonElement sale, IReadOnlyList<TrytonReturnLine> plan, CancellationToken cancel)
    {
        var values = new JsonObject
        {
            ["origin"] = string.Create(CultureInfo.InvariantCulture, $"sale.sale,{TrytonValue.Id(sale)}"), ["web_id"] = command.Key.Value,
            ["description"] = $"Return of {TrytonValue.Text(sale, "number")}", ["reference"] = TrytonValue.Text(sale, "reference"),
            ["sale_date"] = TrytonValue.Of(DateIn(command.At)), ["invoice_method"] = "order", ["shipment_method"] = "order",
            ["lines"] = new JsonArray(new JsonArray("create", new JsonArray([.. plan.Select(Line)]))),
        };
        foreach (var name in Header.Except(["number", "reference", "invoices"]))
        {
            values[name] = TrytonValue.Id(sale, name);
        }

        try
        {
            return await TrytonSale.GetAsync(rpc, await rpc.CreateAsync("sale.sale", values, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        catch (CallEnded ended) when (TrytonErrors.IsDuplicateKey(ended.Outcome))
        {
            // An earlier attempt committed after we had looked.
            return await TrytonSale.FindAsync(rpc, command.Key, cancel).ConfigureAwait(false) ?? throw new CallEnded(ended.Outcome);
        }
    }

    private static JsonNode Line(TrytonReturnLine line) => new JsonObject
    {
        ["type"] = "line", ["product"] = line.Product, ["unit"] = line.Unit, ["quantity"] = (double)-line.Quantity, ["unit_price"] = TrytonValue.Of(line.UnitPrice), ["description"] = line.Title,
        ["taxes"] = line.Taxes.Count == 0 ? new JsonArray() : new JsonArray(new JsonArray("add", TrytonValue.Ids([.. line.Taxes]))),
    };

    private async Task<TrytonSale> SettleAsync(TrytonSale back, PostCreditMemo command, IReadOnlyList<TrytonReturnLine> plan, CancellationToken cancel)
    {
        var goods = back.Lines.Where(l => l.Product is not null).ToList();
        if (goods.Count != plan.Count || goods.Zip(plan).Any(p => p.First.Product != p.Second.Product || p.First.Quantity != -p.Second.Quantity))
        {
            throw new CallEnded(new Outcome.Refused(FailureKind.Value, "sale-changed", $"The lines of the return {back.Number ?? back.Reference} were changed in Tryton.", "lines"));
        }

        back = await processing.ChangeAsync(
            back,
            [.. goods.Zip(plan).Where(p => p.First.UnitPrice != p.Second.UnitPrice)
                .Select(p => new JsonArray("write", TrytonValue.Ids(p.First.Id), new JsonObject { ["unit_price"] = TrytonValue.Of(p.Second.UnitPrice) }))],
            cancel).ConfigureAwait(false);
        if (command.Total is not { } total || back.Total == -total.Amount)
        {
            return back;
        }

        var difference = -total.Amount - back.Total;
        if (decimal.Abs(difference) > TrytonPrices.Tolerance(total.Currency, plan.Count + plan.Sum(l => l.Taxes.Count), plan.Sum(l => l.Quantity)))
        {
            throw new CallEnded(new Outcome.Refused(
                FailureKind.Value, "total-mismatch",
                string.Create(CultureInfo.InvariantCulture, $"Tryton credits {-back.Total} {total.Currency} where the buyer gets {total.Amount}. The return {back.Number ?? back.Reference} was left as a quotation."),
                "total"));
        }

        return profile.Settings.GetValueOrDefault("roundingLine") == "false" ? back
            : await processing.ChangeAsync(back, new JsonArray(new JsonArray("create", new JsonArray(TrytonPosting.Rounding(difference)))), cancel).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(long id, CancellationToken cancel)
    {
        var state = TrytonValue.Text(await rpc.GetAsync(Shipment, id, ["state"], cancel).ConfigureAwait(false), "state");
        foreach (var (from, button, to) in new[] { ("draft", "receive", "received"), ("received", "done", "done") })
        {
            if (state == from)
            {
                await rpc.PressAsync(Shipment, button, cancel, id).ConfigureAwait(false);
                state = to;
            }
        }
    }

    /// <summary>The posted credit note; null if something is still open.</summary>
    private async Task<Outcome.Accepted?> ReadAsync(TrytonSale back, CancellationToken cancel)
    {
        var shipments = await rpc.ManyAsync(Shipment, back.Returns, ["state"], cancel).ConfigureAwait(false);
        if (await invoices.PostedAsync(back.Invoices, cancel).ConfigureAwait(false) is not { } notes || shipments.Any(s => TrytonValue.Text(s, "state") is not ("done" or "cancelled")))
        {
            return null;
        }

        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["total"] = (-TrytonInvoices.Sum(notes, "total_amount")).ToString(CultureInfo.InvariantCulture),
            ["sale"] = back.Number ?? back.Reference,
        };
        return new Outcome.Accepted(TrytonInvoices.Text(TrytonValue.Id(notes[0])), TrytonValue.Text(notes[0], "number"), facts);
    }

    private DateOnly DateIn(DateTimeOffset at)
        => DateOnly.FromDateTime(TimeZoneInfo.TryFindSystemTimeZoneById(profile.TimeZone, out var zone) ? TimeZoneInfo.ConvertTime(at, zone).DateTime : at.UtcDateTime);
}
