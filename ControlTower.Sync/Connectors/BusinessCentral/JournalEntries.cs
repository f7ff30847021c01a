using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Books an entry of the general ledger: its lines in the tower's own journal, then the journal is posted. Posting takes all lines of a journal, so one entry is worked at a time and whatever
/// stands there before is removed: its own next attempt finds out whether it was posted. Found again by its document number, the last 16 characters of the key.
/// </summary>
internal sealed class JournalEntries(ODataCall call, MasterFeeds masters, BusinessCentralSettings settings) : IDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    public async Task<Outcome> PostAsync(PostJournal command, CancellationToken cancel)
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

    public async Task<LookUp> LookUpAsync(PostJournal command, CancellationToken cancel)
    {
        var (booked, failure) = await BookedAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure) : booked ? new LookUp.Found(Accepted(command)) : new LookUp.Absent();
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task<Outcome> WorkAsync(PostJournal command, CancellationToken cancel)
    {
        var (booked, failure) = await BookedAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null || booked)
        {
            return failure ?? Accepted(command);
        }

        var (currency, unknown) = await masters.CurrencyAsync(cancel).ConfigureAwait(false);
        if (unknown is not null || currency != command.Entry.Currency)
        {
            return unknown ?? new Outcome.Refused(FailureKind.Value, "another-currency", $"The books are kept in {currency}; the API takes no entry in {command.Entry.Currency}.", "currency");
        }

        if (command.Entry.Lines.Sum(l => l.Amount) != 0)
        {
            return new Outcome.Refused(FailureKind.Value, "unbalanced", "The lines of the entry do not come to nought.", "lines");
        }

        var (journal, missing) = await JournalAsync(cancel).ConfigureAwait(false);
        if (missing is not null)
        {
            return missing;
        }

        return await ClearAsync(journal!, cancel).ConfigureAwait(false)
            ?? await FillAsync(journal!, command, cancel).ConfigureAwait(false)
            ?? await BookAsync(journal!, command, cancel).ConfigureAwait(false);
    }

    private async Task<(bool Booked, Outcome? Failure)> BookedAsync(PostJournal command, CancellationToken cancel)
    {
        var entries = await call.ReadAsync(
            OData.Where("generalLedgerEntries", $"documentNumber eq {OData.Literal(DocumentNumber(command.Key))}", "$select=id&$top=1"), cancel).ConfigureAwait(false);
        return (entries.First is not null, entries.Failure);
    }

    private async Task<(string? Id, Outcome? Failure)> JournalAsync(CancellationToken cancel)
    {
        var found = await call.ReadAsync(OData.Where("journals", $"code eq {OData.Literal(settings.Journal)}", "$select=id,code,balancingAccountNumber"), cancel).ConfigureAwait(false);
        return found.Failure is not null ? (null, found.Failure)
            : !Guid.TryParse(found.First?.Text("id"), CultureInfo.InvariantCulture, out var id) ? (null, new Outcome.Refused(FailureKind.Missing, "no-journal",
                $"The ERP has no general journal {settings.Journal}. Create one for the tower alone, without a balancing account and without a number series.", "journal"))
            // Each line would be booked against it once more.
            : found.First?.Text("balancingAccountNumber") is { Length: > 0 } against ? (null, new Outcome.Refused(FailureKind.Value, "balanced-journal",
                $"The general journal {settings.Journal} has the balancing account {against}. Take it off, or name a journal that has none.", "journal"))
            : (id.ToString("D", CultureInfo.InvariantCulture), null);
    }

    private async Task<Outcome?> ClearAsync(string journal, CancellationToken cancel)
    {
        var lines = await call.ReadAsync($"journals({journal})/journalLines?$select=id", cancel).ConfigureAwait(false);
        if (lines.Failure is not null)
        {
            return lines.Failure;
        }

        foreach (var line in lines.Body.Items("value"))
        {
            if (OData.Id("journalLines", line.Text("id")) is { } path
                && await call.DeleteAsync($"journals({journal})/{path}", line.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false) is { Failure: { } failure } answer && !answer.IsAbsent)
            {
                // Nothing of ours was written yet, whatever became of the old line.
                return failure is Outcome.Unknown ? new Outcome.NotDone(FailureKind.Intermittent, "The journal could not be cleared.") : failure;
            }
        }

        return null;
    }

    private async Task<Outcome?> FillAsync(string journal, PostJournal command, CancellationToken cancel)
    {
        // A line of nought is refused by the ERP and says nothing.
        foreach (var line in command.Entry.Lines.Where(l => l.Amount != 0))
        {
            var added = await call.PostAsync($"journals({journal})/journalLines", Line(command, line), cancel).ConfigureAwait(false);
            if (added.Failure is not null)
            {
                return added.Failure is Outcome.Refused refused ? AboutAccount(refused, line.Account) : added.Failure;
            }
        }

        return null;
    }

    private async Task<Outcome> BookAsync(string journal, PostJournal command, CancellationToken cancel)
    {
        var posted = await call.PostAsync($"journals({journal})/Microsoft.NAV.post", null, cancel).ConfigureAwait(false);
        if (posted.Failure is not Outcome.Refused refused)
        {
            return posted.Failure ?? Accepted(command);
        }

        // Another of our processes posted or cleared the journal in between.
        var crossed = refused.Message.Contains("nothing to post", StringComparison.OrdinalIgnoreCase);
        if (crossed && await BookedAsync(command, cancel).ConfigureAwait(false) is { Booked: true })
        {
            return Accepted(command);
        }

        // What is left in place would stand there to be posted by hand.
        _ = await ClearAsync(journal, cancel).ConfigureAwait(false);
        return crossed || refused.Message.Contains("out of balance", StringComparison.OrdinalIgnoreCase)
            ? new Outcome.NotDone(FailureKind.Intermittent, $"Lines of journal {settings.Journal} were changed before it was posted.")
            : command.Entry.Lines.FirstOrDefault(l => refused.Message.Contains($"No.={l.Account}", StringComparison.Ordinal)) is { } line ? AboutAccount(refused, line.Account)
            : refused;
    }

    // What is said of an account is said of the setting that names it.
    private Outcome.Refused AboutAccount(Outcome.Refused refused, string account) => refused.Message.Contains("Account", StringComparison.Ordinal)
        ? refused with { Code = refused.Kind == FailureKind.Missing ? "unknown-account" : "account-refused", Field = LedgerAccounts.FieldOf(settings.Accounts, account) }
        : refused;

    private static JsonObject Line(PostJournal command, JournalLine line) => new()
    {
        ["accountType"] = "G_x002F_L_x0020_Account",
        ["accountNumber"] = line.Account,
        ["postingDate"] = command.Entry.On.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["documentNumber"] = DocumentNumber(command.Key),
        ["externalDocumentNumber"] = command.Key.Value,
        ["amount"] = line.Amount,
        ["description"] = VendorText.Cut(line.Text.Length > 0 ? line.Text : $"{command.Entry.Document} {command.Entry.Text}", 100),
    };

    private static string DocumentNumber(PostingKey key) => key.Value.Length > 16 ? key.Value[^16..] : key.Value;

    private static Outcome.Accepted Accepted(PostJournal command) => new(DocumentNumber(command.Key), DocumentNumber(command.Key));
}
