using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Credits what came back: a corrective credit memo made from the invoice, so that prices, taxes and customer are the invoice's own, cut down to the goods and posted. The draft first carries
/// the order's key, as the invoice does, then ours; a draft that an answer was lost for is found by either and gone on with, so two of one order must not be worked at once.
/// </summary>
internal sealed class CreditMemos(ODataCall call, Invoices invoices, BusinessCentralSettings settings) : IDisposable
{
    private const string Fields = "$select=id,number,status,totalAmountIncludingTax";

    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public async Task<Outcome> PostAsync(PostCreditMemo command, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await WorkAsync(command, cancel).ConfigureAwait(false);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Only a posted one counts: a draft is not in the books, and the next attempt goes on with it.</summary>
    public async Task<LookUp> LookUpAsync(PostCreditMemo command, CancellationToken cancel)
    {
        var (memo, failure) = await FindAsync(command.Key, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure) : memo is { } found && !IsDraft(found) ? new LookUp.Found(Accepted(found)) : new LookUp.Absent();
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task<Outcome> WorkAsync(PostCreditMemo command, CancellationToken cancel)
    {
        var (memo, failure) = await FindAsync(command.Key, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        if (memo is { } known && !IsDraft(known))
        {
            return Accepted(known);
        }

        var id = memo?.Text("id");
        if (id is null)
        {
            (id, failure) = await DraftAsync(command, cancel).ConfigureAwait(false);
        }

        if (failure is not null || OData.Id("salesCreditMemos", id) is not { } path)
        {
            return failure ?? new Outcome.Refused(FailureKind.Value, "bad-id", "The credit memo's id is no GUID.", "id");
        }

        return await CutAsync(path, command, cancel).ConfigureAwait(false)
            ?? await BookAsync(path, cancel).ConfigureAwait(false);
    }

    /// <summary>A draft that is ours from here on.</summary>
    private async Task<(string? Id, Outcome? Failure)> DraftAsync(PostCreditMemo command, CancellationToken cancel)
    {
        var invoice = await invoices.FindAsync(command.PostedAs, cancel).ConfigureAwait(false);
        if (invoice.Failure is not null || invoice.First is not { } found || OData.Id("salesInvoices", found.Text("id")) is not { } path)
        {
            return (null, invoice.Failure ?? new Outcome.Refused(FailureKind.Missing, "no-invoice", "The ERP has no invoice of this order, so there is nothing to credit.", "invoice"));
        }

        var (draft, failure) = await CopyAsync(command.PostedAs, cancel).ConfigureAwait(false);
        if (draft is null && failure is null)
        {
            var made = await call.PostAsync($"{path}/Microsoft.NAV.makeCorrectiveCreditMemo", null, cancel).ConfigureAwait(false);
            (draft, failure) = made.Failure is null ? await CopyAsync(command.PostedAs, cancel).ConfigureAwait(false) : (null, made.Failure);
        }

        if (failure is not null || draft is not { } copy || OData.Id("salesCreditMemos", copy.Text("id")) is not { } memo)
        {
            return (null, failure ?? new Outcome.Refused(FailureKind.Missing, "no-draft",
                "The ERP made a corrective credit memo that does not carry the invoice's external document number. Credit the return by hand and say under which number.", "externalDocumentNumber"));
        }

        var ours = await call.PatchAsync(memo, new JsonObject { ["externalDocumentNumber"] = command.Key.Value }, copy.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false);
        return ours.Failure is null ? (copy.Text("id"), null) : (null, ours.Failure);
    }

    private async Task<Outcome?> CutAsync(string path, PostCreditMemo command, CancellationToken cancel)
    {
        var lines = await call.ReadAsync($"{path}/salesCreditMemoLines?$select=id,lineType,lineObjectNumber,quantity,unitPrice,discountAmount", cancel).ConfigureAwait(false);
        if (lines.Failure is not null)
        {
            return lines.Failure;
        }

        var (changes, problem) = CreditPlan.Of(lines.Body.Items("value"), command.Lines, settings.SalesTaxAccount);
        if (problem is not null)
        {
            return problem;
        }

        // The draft is ours alone, and a change of one line is a change of all: any version is meant.
        foreach (var change in changes)
        {
            if (OData.Id("salesCreditMemoLines", change.LineId) is not { } line)
            {
                return new Outcome.Refused(FailureKind.Value, "bad-id", "A line of the credit memo has no GUID.", "lines");
            }

            var changed = change.Quantity is { } quantity
                ? await call.PatchAsync($"{path}/{line}", new JsonObject { ["quantity"] = quantity, ["unitPrice"] = change.UnitPrice, ["discountAmount"] = change.Discount }, "*", cancel)
                    .ConfigureAwait(false)
                : await call.DeleteAsync($"{path}/{line}", "*", cancel).ConfigureAwait(false);
            if (changed.Failure is not null)
            {
                return changed.Failure;
            }
        }

        return null;
    }

    private async Task<Outcome> BookAsync(string path, CancellationToken cancel)
    {
        var posted = await call.PostAsync($"{path}/Microsoft.NAV.post", null, cancel).ConfigureAwait(false);
        if (posted.Failure is not null)
        {
            return posted.Failure;
        }

        var read = await call.ReadAsync($"{path}?{Fields}", cancel).ConfigureAwait(false);
        return read.Failure is null && read.Body.ValueKind == JsonValueKind.Object
            ? Accepted(read.Body)
            : new Outcome.Unknown("The credit memo was posted, but could not be read back.");
    }

    private async Task<(JsonElement? Memo, Outcome? Failure)> FindAsync(PostingKey key, CancellationToken cancel)
    {
        var found = await call.ReadAsync(OData.Where("salesCreditMemos", OData.ByKey(key), Fields), cancel).ConfigureAwait(false);
        return (found.Failure is null ? found.First : null, found.Failure);
    }

    private async Task<(JsonElement? Draft, Outcome? Failure)> CopyAsync(PostingKey postedAs, CancellationToken cancel)
    {
        var found = await call.ReadAsync(OData.Where("salesCreditMemos", OData.ByKey(postedAs), Fields), cancel).ConfigureAwait(false);
        return found.Failure is not null ? (null, found.Failure)
            : found.Body.Items("value").FirstOrDefault(IsDraft) is { ValueKind: JsonValueKind.Object } draft ? (draft, null)
            : (null, null);
    }

    private static bool IsDraft(JsonElement memo) => memo.Text("status") == "Draft";

    private static Outcome.Accepted Accepted(JsonElement memo) => new(
        memo.Text("id") ?? "",
        memo.Text("number"),
        memo.Amount("totalAmountIncludingTax") is { } total
            ? new Dictionary<string, string>(StringComparer.Ordinal) { ["total"] = total.ToString(CultureInfo.InvariantCulture) }
            : null);
}
