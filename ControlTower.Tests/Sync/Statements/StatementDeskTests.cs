using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Statements;

/// <summary>Files as people import them: whole or not at all, and once.</summary>
public sealed class StatementDeskTests : IAsyncLifetime
{
    private const string Payouts = "payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id,payout_status\n";
    private const string Good = Payouts + "po_1,2026-01-09 00:00:00,eur,-12.34,0,-12.34,payout,txn_1,paid\npo_2,2026-01-10 00:00:00,eur,-1.00,0,-1.00,payout,txn_2,paid\n";

    private static readonly Actor Ida = new(null, "Ida Holm", "Operations");
    private static readonly ConnectionProfile Cards = new("cards", "stripe", "Cards", "B", null, "EUR", "UTC", null, new Dictionary<string, string>(), new Dictionary<string, string>());

    private TestDatabase database = null!;
    private StatementDesk desk = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("insert into connection (id, kind, role, name, currency) values ('cards', 'stripe', 'processor', 'Cards', 'EUR')");
        var (audit, changes, bell) = (new AuditLog(database.Sources, TimeProvider.System), new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance), new Doorbell());
        desk = new StatementDesk(database.Sources, audit, new ReconActing(database.Sources, audit, changes, bell), changes, bell);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_file_is_applied_with_its_audit_entry_and_the_same_again_changes_nothing_and_names_the_first()
    {
        var first = await ImportAsync(Good);
        Assert.True(first.IsNew);
        Assert.Equal(("Stripe payouts", true, 2, 2, 0), (first.File.Format, first.File.Applied, first.File.Rows, first.File.Lines, first.File.Wrong));

        var again = await ImportAsync(Good);
        Assert.Equal((false, first.File.Id), (again.IsNew, again.File.Id));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from ledger_line"));
        Assert.Equal($"finance:statement:import statement-file:{first.File.Id}", await database.ScalarAsync<string>("select string_agg(action || ' ' || subject, ',') from audit"));
    }

    [Fact]
    public async Task A_file_with_one_wrong_row_leaves_no_line_and_its_report_and_may_be_sent_again()
    {
        for (var time = 0; time < 2; time++)
        {
            var refused = await ImportAsync(Good + string.Concat(Enumerable.Range(0, 1500).Select(n => $"po_x{n},2026-01-09 00:00:00,eur,-1.00,0,-1.00,payout,txn_x{n},paid\n")) + "po_3,never,eur,-1.00,0,-1.00,payout,txn_3,paid\n");
            Assert.Equal((true, false, 0, 1), (refused.IsNew, refused.File.Applied, refused.File.Lines, refused.File.Wrong));
            Assert.Contains("effective_at_utc", refused.File.Problems, StringComparison.Ordinal);
        }

        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from ledger_line"));
        Assert.Equal(2, (await StatementFileStore.ListAsync(database.Sources.Work, "cards", 10, Cancel)).Count(f => !f.Applied));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from audit where outcome = 'refused'"));
    }

    [Fact]
    public async Task Of_the_same_file_sent_many_times_at_once_one_is_applied()
    {
        var receipts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => ImportAsync(Good))));
        Assert.Single(receipts, r => r.IsNew);
        Assert.Single(receipts.Select(r => r.File.Id).Distinct());
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from ledger_line"));
    }

    [Theory]
    [InlineData("adyen", "Stripe")]
    [InlineData("bank", "Stripe")]
    [InlineData("stripe", null)]
    public async Task A_file_of_another_kind_of_connection_is_refused_in_words(string kind, string? words)
    {
        var receipt = await desk.ImportAsync(Cards with { Kind = kind }, SystemRole.Processor, "payouts.csv", new MemoryStream(Encoding.UTF8.GetBytes(Good)), Ida, Cancel);
        Assert.Equal(words is null, receipt.File.Applied);
        Assert.Equal(words is null ? [] : [$"This is a file of Stripe (Stripe payouts), and the connection is of {(kind == "bank" ? "a bank" : "Adyen")}. Hand it in at the connection that it is of."], StatementDesk.ProblemsOf(receipt.File).Select(p => p.Wrong));
        var list = await desk.ImportAsync(Cards with { Kind = kind }, SystemRole.Processor, "list.csv", new MemoryStream(Encoding.UTF8.GetBytes("Date,Amount\n2026-01-09,1.50\n")), Ida, Cancel);
        Assert.Equal(kind == "bank", list.File.Applied);
        var camt = await desk.ImportAsync(Cards with { Kind = kind }, SystemRole.Processor, "day.xml", new MemoryStream(CamtStatementTests.Statement()), Ida, Cancel);
        Assert.Equal(kind == "bank", camt.File.Applied);
    }

    [Fact]
    public async Task A_file_is_taken_back_with_a_reason_and_all_its_lines_and_may_be_handed_in_again()
    {
        var kept = await ImportAsync(Payouts + "po_0,2026-01-05 00:00:00,eur,-9.00,0,-9.00,payout,txn_0,paid\n");
        var wrong = await ImportAsync(Good);
        await database.ExecuteAsync("select recon_work(1000)");
        Assert.Equal("reason", Assert.IsType<ReconAnswer.Refused>(await desk.TakeBackAsync(wrong.File.Id, " ", Ida, Cancel)).Problems![0].Field);
        Assert.IsType<ReconAnswer.Done>(await desk.TakeBackAsync(wrong.File.Id, "It is of another year.", Ida, Cancel));
        Assert.Equal("moved", Assert.IsType<ReconAnswer.Refused>(await desk.TakeBackAsync(wrong.File.Id, "Again.", Ida, Cancel)).Rule);
        await database.ExecuteAsync("select recon_work(1000)");
        Assert.Equal("po_0", await database.ScalarAsync<string>("select string_agg(external_id, ' ') from ledger_line where status <> 'Gone'"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from recon_entry where comparison in ('deposit', 'contents')"));
        Assert.Equal("2026-01-05 2026-01-05", await database.ScalarAsync<string>("select to_char(since, 'YYYY-MM-DD ') || to_char(told_at, 'YYYY-MM-DD') from ledger_coverage"));
        Assert.Equal("It is of another year.", await database.ScalarAsync<string>($"select reason from audit where subject = 'statement-file:{wrong.File.Id}' and detail::jsonb ->> 'act' = 'take back'"));
        var row = (await StatementFileStore.ListAsync(database.Sources.Work, "cards", 10, Cancel)).Single(f => f.Id == wrong.File.Id);
        Assert.Equal((false, "Ida Holm", "It is of another year."), (row.Applied, row.TakenBackBy, row.TakenBackWhy));

        Assert.True((await ImportAsync(Good)).IsNew);
        Assert.Equal(3, await database.ScalarAsync<long>("select count(*) from ledger_line where status <> 'Gone'"));
        await database.ExecuteAsync("insert into connection (id, kind, role, name, currency) values ('bc', 'business-central', 'erp', 'ERP', 'EUR'); update connection set posts_to = 'bc' where id = 'cards'; insert into recon_period (books, month, state, figures, signed_by, signed_at) values ('bc', '2026-01-01', 'closed', '[]', 'Ida', now())");
        Assert.Equal("closed-month", Assert.IsType<ReconAnswer.Refused>(await desk.TakeBackAsync(kept.File.Id, "Late.", Ida, Cancel)).Rule);
    }

    private Task<StatementReceipt> ImportAsync(string text) => desk.ImportAsync(Cards, SystemRole.Processor, "payouts.csv", new MemoryStream(Encoding.UTF8.GetBytes(text)), Ida, Cancel);
}
