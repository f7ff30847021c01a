using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Finds what became of a posted order.</summary>
internal sealed class Invoices(ODataCall call)
{
    private const string Fields = "$select=id,number,status,customerId,customerNumber,totalAmountIncludingTax,remainingAmount";

    public async Task<ODataAnswer> FindAsync(PostingKey postedAs, CancellationToken cancel)
        => await call.ReadAsync(OData.Where("salesInvoices", OData.ByKey(postedAs), Fields), cancel).ConfigureAwait(false);

    public async Task<ODataAnswer> ReadAsync(string invoiceId, CancellationToken cancel)
        => OData.Id("salesInvoices", invoiceId) is { } path
            ? await call.ReadAsync($"{path}?{Fields}", cancel).ConfigureAwait(false)
            : new ODataAnswer(default, new Outcome.Refused(FailureKind.Value, "bad-id", "The invoice's id is no GUID.", "invoiceId"));

    public static Outcome.Accepted Shipped(JsonElement invoice)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        Put("invoiceId", invoice.Text("id"));
        Put("invoiceNumber", invoice.Text("number"));
        Put("total", invoice.Amount("totalAmountIncludingTax")?.ToString(CultureInfo.InvariantCulture));
        return new Outcome.Accepted(invoice.Text("id") ?? "", invoice.Text("number"), facts);

        void Put(string name, string? value)
        {
            if (value is not null)
            {
                facts[name] = value;
            }
        }
    }
}
