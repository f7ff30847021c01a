using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Books a customer's payment on its invoice by Tryton's own wizard. The posting key is the description of the account move that the wizard makes: a move with
/// our key on this invoice means that it is booked, whatever the answer was. The wizard asks a second question when the amount is not all that is due, and
/// books nothing until it is answered.
/// </summary>
internal sealed class TrytonPayment(ConnectionProfile profile, TrytonRpc rpc, TrytonDirectory directory)
{
    private const string Wizard = "account.invoice.pay";
    private static readonly string[] Fields = ["number", "state", "amount_to_pay", "total_amount", "company", "currency", "currency.digits", "currency.code"];

    public async Task<Outcome> PayAsync(PostPayment command, CancellationToken cancel)
    {
        if (!long.TryParse(command.InvoiceId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return new Outcome.Refused(FailureKind.Value, "invoice-id", "The invoice's id is not one of Tryton's.", "invoiceId");
        }

        if (await BookedAsync(command, id, cancel).ConfigureAwait(false) is { } booked)
        {
            return booked;
        }

        var invoice = await rpc.GetAsync("account.invoice", id, Fields, cancel).ConfigureAwait(false);
        var due = TrytonValue.Number(invoice, "amount_to_pay") ?? 0m;
        if (Refusal(command, invoice, due) is { } refused)
        {
            return refused;
        }

        await WizardAsync(command, id, invoice, partial: command.Amount.Amount < due, cancel).ConfigureAwait(false);
        return await BookedAsync(command, id, cancel).ConfigureAwait(false) as Outcome
            ?? new Outcome.Refused(FailureKind.Refused, "payment-not-booked", "Tryton's payment wizard ended without booking the payment.");
    }

    public async Task<LookUp> LookUpAsync(PostPayment command, CancellationToken cancel)
        => long.TryParse(command.InvoiceId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && await BookedAsync(command, id, cancel).ConfigureAwait(false) is { } booked
            ? new LookUp.Found(booked)
            : new LookUp.Absent();

    private static Outcome.Refused? Refusal(PostPayment command, JsonElement invoice, decimal due)
        => TrytonValue.Text(invoice, "state") is not "posted"
                ? new(FailureKind.Refused, "invoice-not-posted", $"Invoice {command.InvoiceNumber} is {TrytonValue.Text(invoice, "state")} in Tryton.")
            : TrytonValue.Member(invoice, "currency.") is { } currency && TrytonValue.Text(currency, "code") != command.Amount.Currency
                ? new(FailureKind.Value, "currency", $"Invoice {command.InvoiceNumber} is in another currency than the payment.", "amount")
            : command.Amount.Amount > due || command.Amount.Amount <= 0
                ? new(FailureKind.Value, "overpayment", string.Create(CultureInfo.InvariantCulture, $"Invoice {command.InvoiceNumber} has {due} left to pay, the payment is {command.Amount.Amount}."), "amount")
            : null;

    private async Task<Outcome.Accepted?> BookedAsync(PostPayment command, long id, CancellationToken cancel)
    {
        var domain = new JsonArray(
            TrytonValue.Clause("origin", "=", string.Create(CultureInfo.InvariantCulture, $"account.invoice,{id}")), TrytonValue.Clause("description", "=", Description(command)));
        var moves = await rpc.SearchAsync("account.move", domain, ["number"], cancel, limit: 1).ConfigureAwait(false);
        var invoice = await rpc.GetAsync("account.invoice", id, ["state", "amount_to_pay"], cancel).ConfigureAwait(false);
        var state = TrytonValue.Text(invoice, "state") ?? string.Empty;
        if (moves.Count == 0 && state != "paid")
        {
            return null;
        }

        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["invoiceState"] = state,
            ["remaining"] = (TrytonValue.Number(invoice, "amount_to_pay") ?? 0m).ToString(CultureInfo.InvariantCulture),
        };
        if (moves.Count == 0)
        {
            facts["paidBy"] = "somebody in the ERP";
            return new Outcome.Accepted(command.InvoiceId, command.InvoiceNumber, facts);
        }

        return new Outcome.Accepted(TrytonValue.Id(moves[0])?.ToString(CultureInfo.InvariantCulture) ?? command.InvoiceId, TrytonValue.Text(moves[0], "number"), facts);
    }

    private async Task WizardAsync(PostPayment command, long id, JsonElement invoice, bool partial, CancellationToken cancel)
    {
        var about = TrytonRpc.About("account.invoice", id);
        var wizard = await rpc.StartWizardAsync(Wizard, about, cancel).ConfigureAwait(false);
        var date = TrytonValue.Of(DateIn(command.PaidAt));
        var currency = TrytonValue.Id(invoice, "currency");
        var digits = TrytonValue.Member(invoice, "currency.") is { } known ? TrytonValue.Id(known, "digits") ?? 2 : 2;
        var start = new JsonObject
        {
            ["payment_method"] = await directory.PaymentMethodAsync(cancel).ConfigureAwait(false), ["amount"] = TrytonValue.Of(command.Amount.Amount),
            ["currency"] = currency, ["currency_digits"] = digits, ["company"] = TrytonValue.Id(invoice, "company"), ["date"] = date, ["description"] = Description(command),
        };
        var answer = await rpc.StepWizardAsync(Wizard, wizard, new JsonObject { ["start"] = start }, "choice", about, cancel).ConfigureAwait(false);
        if (partial && TrytonValue.Member(answer, "view") is not null)
        {
            // Each field that the server reads must be there: a missing currency_digits is a server error, not a default.
            var ask = new JsonObject
            {
                ["type"] = "partial", ["lines"] = new JsonArray(), ["lines_to_pay"] = new JsonArray(), ["payment_lines"] = new JsonArray(),
                ["amount"] = TrytonValue.Of(command.Amount.Amount), ["currency"] = currency, ["currency_digits"] = digits, ["company"] = TrytonValue.Id(invoice, "company"),
                ["invoice"] = id, ["date"] = date.DeepClone(),
            };
            await rpc.StepWizardAsync(Wizard, wizard, new JsonObject { ["ask"] = ask }, "pay", about, cancel).ConfigureAwait(false);
        }

        await rpc.EndWizardAsync(Wizard, wizard, cancel).ConfigureAwait(false);
    }

    private static string Description(PostPayment command) => $"{command.Method} {command.Key.Value}";

    private DateOnly DateIn(DateTimeOffset at)
        => DateOnly.FromDateTime(TimeZoneInfo.TryFindSystemTimeZoneById(profile.TimeZone, out var zone) ? TimeZoneInfo.ConvertTime(at, zone).DateTime : at.UtcDateTime);
}
