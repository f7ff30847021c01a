using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Books a payment: a line in the tower's own journal, applied to the invoice, then the journal is posted. Posting takes all lines of a journal, so one
/// payment is worked at a time and lines of earlier attempts are removed before: their own next attempt finds out whether they were posted.
/// Found again by what the invoice still owes and, after part payments, by the document number in the general ledger.
/// </summary>
internal sealed class Payments(ODataCall call, Invoices invoices, BusinessCentralSettings settings, ConnectionProfile profile) : IDisposable
{
    /// <summary>What the document numbers of the tower's payments begin with; the end of the key follows.</summary>
    public const string NumberPrefix = "P-";

    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public async Task<Outcome> PostAsync(PostPayment command, CancellationToken cancel)
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

    public async Task<LookUp> LookUpAsync(PostPayment command, CancellationToken cancel)
    {
        var (_, booked, failure) = await BookedAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure) : booked ? new LookUp.Found(Accepted(command)) : new LookUp.Absent();
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task<Outcome> WorkAsync(PostPayment command, CancellationToken cancel)
    {
        var (invoice, booked, failure) = await BookedAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null || booked)
        {
            return failure ?? Accepted(command);
        }

        var (journal, missing) = await JournalAsync(cancel).ConfigureAwait(false);
        if (missing is not null)
        {
            return missing;
        }

        var (line, dirty) = await OnlyOurLineAsync(journal!, command, cancel).ConfigureAwait(false);
        if (dirty is not null)
        {
            return dirty;
        }

        if (line is null)
        {
            var added = await call.PostAsync($"customerPaymentJournals({journal})/customerPayments", Line(command, invoice), cancel).ConfigureAwait(false);
            if (added.Failure is not null)
            {
                return added.Failure;
            }

            line = added.Body.Text("id");
        }

        var posted = await call.PostAsync($"journals({journal})/Microsoft.NAV.post", null, cancel).ConfigureAwait(false);
        return posted.Failure switch
        {
            null => Accepted(command),
            Outcome.Refused refused => await RefusedAsync(refused, journal!, line, command, cancel).ConfigureAwait(false),
            var other => other,
        };
    }

    private async Task<(JsonElement Invoice, bool Booked, Outcome? Failure)> BookedAsync(PostPayment command, CancellationToken cancel)
    {
        var invoice = await invoices.ReadAsync(command.InvoiceId, cancel).ConfigureAwait(false);
        if (invoice.Failure is not null)
        {
            return (default, false, invoice.Failure);
        }

        var remaining = invoice.Body.Amount("remainingAmount");
        var total = invoice.Body.Amount("totalAmountIncludingTax");
        if (remaining == 0 && total != 0)
        {
            return (invoice.Body, true, null);
        }

        if (remaining == total)
        {
            return (invoice.Body, false, null);
        }

        var entries = await call.ReadAsync(
            OData.Where("generalLedgerEntries", $"documentNumber eq {OData.Literal(DocumentNumber(command.Key))}", "$select=id&$top=1"), cancel).ConfigureAwait(false);
        return (invoice.Body, entries.First is not null, entries.Failure);
    }

    private async Task<(string? Id, Outcome? Failure)> JournalAsync(CancellationToken cancel)
    {
        var found = await call.ReadAsync(
            OData.Where("customerPaymentJournals", $"code eq {OData.Literal(settings.PaymentJournal)}", "$select=id,code"), cancel).ConfigureAwait(false);
        return found.Failure is not null ? (null, found.Failure)
            : Guid.TryParse(found.First?.Text("id"), CultureInfo.InvariantCulture, out var id) ? (id.ToString("D", CultureInfo.InvariantCulture), null)
            : (null, new Outcome.Refused(FailureKind.Missing, "no-payment-journal",
                $"The ERP has no payment journal {settings.PaymentJournal}. Create one for the tower alone, with a balancing account and without a number series.", "paymentJournal"));
    }

    private async Task<(string? Line, Outcome? Failure)> OnlyOurLineAsync(string journal, PostPayment command, CancellationToken cancel)
    {
        var lines = await call.ReadAsync(
            $"customerPaymentJournals({journal})/customerPayments?$select=id,externalDocumentNumber,amount,appliesToInvoiceNumber", cancel).ConfigureAwait(false);
        if (lines.Failure is not null)
        {
            return (null, lines.Failure);
        }

        string? ours = null;
        foreach (var line in lines.Body.Items("value"))
        {
            if (ours is null && line.Text("externalDocumentNumber") == command.Key.Value && line.Amount("amount") == -command.Amount.Amount)
            {
                ours = line.Text("id");
            }
            else if (OData.Id("customerPayments", line.Text("id")) is { } path
                && await call.DeleteAsync(path, line.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false) is { Failure: { } failure } answer && !answer.IsAbsent)
            {
                // Nothing of ours was written yet, whatever became of the old line.
                return (null, failure is Outcome.Unknown ? new Outcome.NotDone(FailureKind.Intermittent, "The journal could not be cleared.") : failure);
            }
        }

        return (ours, null);
    }

    private async Task<Outcome> RefusedAsync(Outcome.Refused refused, string journal, string? line, PostPayment command, CancellationToken cancel)
    {
        if (refused.Message.Contains("nothing to post", StringComparison.OrdinalIgnoreCase))
        {
            var (_, booked, failure) = await BookedAsync(command, cancel).ConfigureAwait(false);
            return failure is null && booked ? Accepted(command) : new Outcome.NotDone(FailureKind.Intermittent, $"The line was gone from journal {settings.PaymentJournal} before it was posted.");
        }

        // Left in place it would be refused again with every later payment; the case keeps what is needed to try again.
        if (OData.Id("customerPayments", line) is { } path)
        {
            await call.DeleteAsync($"customerPaymentJournals({journal})/{path}", "*", cancel).ConfigureAwait(false);
        }

        return refused;
    }

    private JsonObject Line(PostPayment command, JsonElement invoice) => new()
    {
        ["customerNumber"] = invoice.Text("customerNumber"),
        ["postingDate"] = SalesOrderHeader.Day(command.PaidAt, profile.TimeZone),
        ["documentNumber"] = DocumentNumber(command.Key),
        ["externalDocumentNumber"] = command.Key.Value,
        // What a customer pays stands on the credit side.
        ["amount"] = -command.Amount.Amount,
        ["appliesToInvoiceNumber"] = command.InvoiceNumber,
        ["description"] = VendorText.Cut($"Payment {command.InvoiceNumber} {command.Method}", 100),
    };

    /// <summary>At most 20 characters: the hash at the end of the key.</summary>
    private static string DocumentNumber(PostingKey key) => $"{NumberPrefix}{(key.Value.Length > 16 ? key.Value[^16..] : key.Value)}";

    private static Outcome.Accepted Accepted(PostPayment command) => new(DocumentNumber(command.Key), DocumentNumber(command.Key));
}
