using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ControlTower.Tests.Conformance.BusinessCentral.BusinessCentralWorld;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>Entries of the general ledger that the tower posts.</summary>
public sealed class BusinessCentralJournalTests
{
    private static readonly BusinessCentralConnector Connector = new();

    [Fact]
    public async Task An_entry_is_its_lines_under_the_end_of_the_key_and_then_posted()
    {
        var vendor = Booking(lines: """{"id":"77777777-0000-0000-0000-000000000009","@odata.etag":"W/\"o\""}""");
        var accepted = Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Book));
        Assert.Equal(Book.Key.Value[^16..], accepted.Number);
        Assert.Equal(["DELETE", "POST", "POST", "POST", "POST"], vendor.Requests.Where(IsWrite).Select(r => r.Method.Method));
        var lines = vendor.Requests.Where(r => r.Method == HttpMethod.Post && r.Path.EndsWith("/journalLines", StringComparison.Ordinal)).Select(r => r.Json).ToList();
        Assert.Equal([("1100", 195.05m), ("6800", 8.90m), ("2900", -203.95m)], lines.Select(l => (l.Text("accountNumber"), l.Amount("amount")!.Value)));
        Assert.All(lines, l => Assert.Equal((Book.Key.Value[^16..], Book.Key.Value, "2026-11-23"), (l.Text("documentNumber"), l.Text("externalDocumentNumber"), l.Text("postingDate"))));
        Approved(vendor);
    }

    [Fact]
    public async Task An_entry_that_stands_in_the_ledger_is_not_posted_again()
    {
        var vendor = Booking(ledger: """{"id":"x"}""");
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Book));
        Assert.IsType<LookUp.Found>(await LookUp(Client(vendor), Book));
        Assert.DoesNotContain(vendor.Requests, IsWrite);
        Assert.IsType<LookUp.Absent>(await LookUp(Client(Booking()), Book));
    }

    [Fact]
    public async Task What_is_wrong_is_refused_before_anything_is_written_and_names_its_setting()
    {
        foreach (var (command, vendor, code, field) in new[]
        {
            (Book with { Entry = Book.Entry with { Currency = "USD" } }, Booking(), "another-currency", "currency"),
            (Book with { Entry = Book.Entry with { Lines = Book.Entry.Lines.Take(2).ToList() } }, Booking(), "unbalanced", "lines"),
            (Book, Booking(balancing: "2900"), "balanced-journal", "journal"),
            (Book, Answering(), "no-journal", "journal"),
        })
        {
            var refused = Assert.IsType<Outcome.Refused>(await Send(Client(vendor), command));
            Assert.Equal((code, field), (refused.Code, refused.Field));
            Assert.DoesNotContain(vendor.Requests, IsWrite);
        }
    }

    [Fact]
    public async Task Lines_that_another_process_touched_are_tried_again_later()
    {
        foreach (var said in new[] { "There is nothing to post.", "The lines in the general journal are out of balance by 3." })
        {
            var vendor = Booking();
            vendor.Fault = (request, _) => request.Path.EndsWith("Microsoft.NAV.post", StringComparison.Ordinal) ? Error(400, "Application_DialogException", said) : null;
            Assert.IsType<Outcome.NotDone>(await Send(Client(vendor), Book));
        }
    }

    [Theory]
    [InlineData("account:bank", "123456789012345678901", 1)]
    [InlineData("account:holiday", "1100", 1)]
    [InlineData("journal", "ELEVENCHARS", 1)]
    [InlineData("account:exchange", "6830", 0)]
    public void Accounts_and_journal_are_only_complained_about_when_they_are_wrong(string name, string value, int problems)
    {
        var found = Connector.Check(With(name, value));
        Assert.Equal(problems, found.Count);
        Assert.All(found, p => Assert.Contains(Connector.Fields, f => f.Name == p.Field));
    }

    [Fact]
    public async Task The_estate_books_an_entry_once_whatever_becomes_of_the_answer_and_tells_it_line_by_line()
    {
        await using var estate = await EstateDriver.StartAsync();
        using var http = new HttpClient();
        var client = Connector.Connect(CatalogEstate.Profile(estate, "bc-eu", "business-central", "EUR"), http, TimeProvider.System);
        using var _ = (IDisposable)client;
        await estate.FaultAsync("bc-eu", new { kind = "lost-answer", path = "Microsoft.NAV.post", count = 1 });
        var first = await Send(client, Book);
        Assert.IsType<Outcome.Unknown>(first);
        Assert.IsType<LookUp.Found>(await LookUp(client, Book));
        Assert.IsType<Outcome.Accepted>(await Send(client, Book));
        Assert.Equal("203.95", Assert.Single(await estate.LedgerAsync("bc-eu", "journal-posted")).GetProperty("amount").ToString());

        var told = await LedgerEstate.ReadAsync(client, LedgerFeeds.Journal);
        Assert.Equal([("1100", 195.05m), ("2900", -203.95m), ("6800", 8.90m)], told.OrderBy(l => l.Account, StringComparer.Ordinal).Select(l => (l.Account!, l.Amount.Amount)));
        Assert.All(told, l => Assert.Equal((MoneyKind.Journal, "EUR", Book.Key.Value[^16..]), (l.Kind, l.Amount.Currency, Assert.Single(l.References))));
        Assert.Empty(await LedgerEstate.ReadAsync(client, LedgerFeeds.Payments));
    }

    [Fact]
    public async Task The_estate_refuses_an_account_by_the_setting_that_names_it_and_keeps_no_lines()
    {
        await using var estate = await EstateDriver.StartAsync();
        var company = estate.App.Estate.Erps.Single(e => e.Company.SystemId == "bc-eu").Company;
        using var http = new HttpClient();
        var profile = CatalogEstate.Profile(estate, "bc-eu", "business-central", "EUR");
        ((Dictionary<string, string>)profile.Settings)["account:adjustments"] = "9999";
        var client = Connector.Connect(profile, http, TimeProvider.System);
        using var _ = (IDisposable)client;
        var unknown = Assert.IsType<Outcome.Refused>(await Send(client, Book with { Entry = Book.Entry with { Lines = [new("1100", 5, "Bank"), new("9999", -5, "Adjusted")] } }));
        Assert.Equal((FailureKind.Missing, "unknown-account", "account:adjustments"), (unknown.Kind, unknown.Code, unknown.Field));

        company.Read(() => company.Tables.By("accounts", "number", "6800")!["blocked"] = true);
        var blocked = Assert.IsType<Outcome.Refused>(await Send(client, Book));
        Assert.Equal(("account-refused", "account:fees"), (blocked.Code, blocked.Field));
        Assert.Empty(company.Read(() => company.Tables.All("journalLines").ToList()));
        Assert.Empty(await estate.LedgerAsync("bc-eu", "journal-posted"));
        company.Read(() => company.Tables.By("accounts", "number", "6800")!["blocked"] = false);
        Assert.IsType<Outcome.Accepted>(await Send(client, Book));
    }

    private static IVendorClient Client(FakeVendor vendor) => Connector.Connect(Profile, vendor.Client(), new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)));
}
