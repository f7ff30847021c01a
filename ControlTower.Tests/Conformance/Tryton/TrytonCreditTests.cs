using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Tryton;

/// <summary>A return's credit note in Tryton, when answers get lost and when people or promotions have had their hands on it.</summary>
public sealed class TrytonCreditTests : IDisposable
{
    private static readonly PostCreditMemo Credit = TrytonWorld.Credit(new PostingKey("N1-HGFEDCBA"), new PostingKey("N1-ABCDEFGH"));

    private readonly TrytonConnector connector = new();
    private readonly TrytonWorld world = new() { Sale = "processing", Invoice = "paid" };
    private readonly FakeVendor vendor;
    private readonly Dictionary<string, string> settings = new() { ["baseUrl"] = "https://erp.test", ["database"] = "db", ["user"] = "admin" };

    public TrytonCreditTests() => vendor = world.Vendor();

    public static TheoryData<string> Steps =>
    [
        "model.sale.sale.create", "model.sale.sale.quote", "model.sale.sale.confirm", "model.sale.sale.process", "model.account.invoice.post", "model.stock.shipment.out.return.receive",
        "model.stock.shipment.out.return.done",
    ];

    [Fact]
    public async Task What_came_back_is_a_posted_credit_note_and_its_goods_are_received()
    {
        var accepted = Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal(("19", "CN1", "12.00"), (accepted.Reference, accepted.Number, accepted.Facts!["total"]));
        Assert.Equal(("posted", "done"), (world.Note, world.Receipt));
        var made = Body("model.sale.sale.create");
        Assert.Contains("\"web_id\":\"N1-HGFEDCBA\"", made, StringComparison.Ordinal);
        Assert.Contains("\"quantity\":-1", made, StringComparison.Ordinal);
        Assert.Contains("\"taxes\":[[\"add\",[1]]]", made, StringComparison.Ordinal);
        Assert.Equal(accepted.Reference, Assert.IsType<LookUp.Found>(await LookUpAsync()).As.Reference);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_step_whose_answer_was_lost_is_gone_on_from_and_nothing_is_made_twice(string step)
    {
        world.Lose(step);
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.All(Steps, s => Assert.Equal(1, Count((string)s.Data)));
        Assert.IsType<LookUp.Found>(await LookUpAsync());
    }

    [Fact]
    public async Task A_credit_note_that_is_not_posted_yet_is_absent_to_a_look_up()
    {
        world.Lose("model.sale.sale.process");
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        Assert.IsType<LookUp.Absent>(await LookUpAsync());
    }

    [Fact]
    public async Task Of_two_at_once_the_second_finds_the_first_ones_return()
    {
        vendor.Fault = (request, _) =>
        {
            if (request.Json.GetProperty("method").GetString() != "model.sale.sale.create")
            {
                return null;
            }

            world.Back = "draft";
            return FakeVendor.Json("""{"id":1,"error":["UserError",["The web ID on the sale must be unique.",""]]}""");
        };
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal(1, Count("model.sale.sale.quote"));
    }

    [Fact]
    public async Task A_promotion_does_not_change_what_is_credited()
    {
        world.BackPrice = "9.0000";
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Contains("\"write\",[11],{\"unit_price\":{\"__class__\":\"Decimal\",\"decimal\":\"10.0000\"}}", Body("model.sale.sale.write"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cent_of_difference_becomes_a_line()
    {
        world.BackTotal = "-11.99";
        Assert.Equal("12.00", Assert.IsType<Outcome.Accepted>(await SendAsync()).Facts!["total"]);
        Assert.Contains("\"decimal\":\"-0.01\"", Body("model.sale.sale.write"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cent_of_difference_is_told_where_no_line_is_wanted()
    {
        settings["roundingLine"] = "false";
        world.BackTotal = "-11.99";
        Assert.Equal("11.99", Assert.IsType<Outcome.Accepted>(await SendAsync()).Facts!["total"]);
        Assert.Equal(0, Count("model.sale.sale.write"));
    }

    [Fact]
    public async Task More_than_rounding_is_refused_before_it_is_confirmed()
    {
        world.BackTotal = "-10.80";
        Assert.Equal("total-mismatch", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.Equal(0, Count("model.sale.sale.confirm"));
    }

    [Fact]
    public async Task A_return_whose_lines_somebody_changed_is_refused()
    {
        world.BackQuantity = "-2.0";
        Assert.Equal("sale-changed", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
    }

    [Fact]
    public async Task More_than_the_sale_holds_is_refused_before_anything_is_written()
    {
        var more = Credit with { Lines = [Credit.Lines[0] with { Quantity = 2 }] };
        Assert.Equal("not-on-sale", Assert.IsType<Outcome.Refused>(await Client().SendAsync(more, new FakeScope(), default)).Code);
        Assert.Equal(0, Count("model.sale.sale.create"));
    }

    [Fact]
    public async Task A_sale_without_a_posted_invoice_has_nothing_to_credit()
    {
        world.Invoice = "draft";
        Assert.Equal("no-invoice", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.Equal(0, Count("model.sale.sale.create"));
    }

    public void Dispose()
    {
        connector.Dispose();
        vendor.Dispose();
    }

    private Task<Outcome> SendAsync() => Client().SendAsync(Credit, new FakeScope(), default);

    private Task<LookUp> LookUpAsync() => Client().LookUpAsync(Credit, new FakeScope(), default);

    private IVendorClient Client() => connector.Connect(
        new ConnectionProfile("erp", "tryton", "ERP", "B", null, "EUR", "UTC", null, settings, new Dictionary<string, string> { ["password"] = "p" }), vendor.Client(),
        new FakeTimeProvider(NetworkFault.Now));

    private int Count(string method) => vendor.Requests.Count(r => r.Json.GetProperty("method").GetString() == method);

    private string Body(string method) => vendor.Requests.Last(r => r.Json.GetProperty("method").GetString() == method).Body;
}
