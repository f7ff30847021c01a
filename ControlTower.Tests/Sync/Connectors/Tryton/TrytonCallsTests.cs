using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Tryton;

/// <summary>What a command does when Tryton answers in ways that a healthy one seldom does.</summary>
public sealed class TrytonCallsTests : IDisposable
{
    private static readonly ConnectionProfile Profile = new(
        "erp", "tryton", "ERP", "B", null, "EUR", "UTC", null,
        new Dictionary<string, string> { ["baseUrl"] = "http://127.0.0.1:1", ["database"] = "db", ["user"] = "admin" }, new Dictionary<string, string> { ["password"] = "p" });

    private readonly Script script = new();
    private readonly TrytonConnector connector = new();

    [Fact]
    public async Task A_session_that_ended_is_renewed_once_and_the_call_repeated()
    {
        script.On("model.sale.sale.search_count", Status(401), Result("3"));
        Assert.IsType<Outcome.Accepted>(await Client().TestAsync(new NoScope(), default));
        Assert.Equal(2, script.Count("common.db.login"));
    }

    [Fact]
    public async Task A_session_that_is_refused_again_is_a_matter_of_the_connection()
    {
        script.On("model.sale.sale.search_count", Status(401), Status(401), Status(401));
        Assert.Equal(FailureKind.Connection, Assert.IsType<Outcome.NotDone>(await Client().TestAsync(new NoScope(), default)).Kind);
        Assert.Equal(2, script.Count("model.sale.sale.search_count"));
    }

    [Fact]
    public async Task A_wrong_password_is_a_matter_of_the_connection()
    {
        script.On("common.db.login", Result("null"));
        Assert.Equal(FailureKind.Connection, Assert.IsType<Outcome.NotDone>(await Client().TestAsync(new NoScope(), default)).Kind);
    }

    [Fact]
    public async Task A_lost_answer_to_the_confirmation_is_unknown_and_nothing_is_sent_after_it()
    {
        script.On("model.sale.sale.search_read", Result(Sale("quotation")));
        script.On("model.sale.sale.confirm", Lost());
        Assert.IsType<Outcome.Unknown>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal("model.sale.sale.confirm", script.Calls[^1]);
    }

    [Fact]
    public async Task A_sale_left_half_way_is_absent_to_a_look_up_and_finished_by_sending_again()
    {
        script.On("model.sale.sale.search_read", Result(Sale("quotation")), Result(Sale("quotation")), Result(Sale("processing")));
        script.On("model.sale.sale.confirm", Result("null"));
        Assert.IsType<LookUp.Absent>(await Client().LookUpAsync(Post(), new NoScope(), default));
        var accepted = Assert.IsType<Outcome.Accepted>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal(("7", "S7", "12.00"), (accepted.Reference, accepted.Number, accepted.Facts!["total"]));
        Assert.Equal(0, script.Count("model.sale.sale.create"));
    }

    [Fact]
    public async Task A_quotation_left_with_its_charges_goes_back_to_draft_before_they_are_taken_away()
    {
        script.On("model.sale.sale.search_read", Result(Sale("quotation", charge: true)), Result(Sale("draft", charge: true)), Result(Sale("draft")), Result(Sale("quotation")), Result(Sale("processing")));
        foreach (var call in new[] { "draft", "write", "quote", "confirm" })
        {
            script.On($"model.sale.sale.{call}", Result("null"));
        }

        Assert.IsType<Outcome.Accepted>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal(["draft", "write", "quote", "confirm"], script.Calls.Where(c => c.StartsWith("model.sale.sale.", StringComparison.Ordinal)).Select(c => c.Split('.')[^1]).Where(c => c != "search_read"));
        Assert.Contains("""["delete",[2]]""", script.Body("model.sale.sale.write"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invoice_that_two_post_at_once_is_not_done_and_may_be_tried_again()
    {
        script.On("model.sale.sale.search_read", Result(Sale("processing")));
        script.On("model.account.invoice.search_read", Result("""[{"id":9,"state":"draft"}]"""));
        script.On("model.account.invoice.post", Error("""["could not obtain lock on row in relation \"ir_sequence_strict\"\n", ""]"""));
        var command = new ShipSalesOrder(new PostingKey("K2"), new PostingKey("K"), "7", Order(), default);
        Assert.Equal(FailureKind.Intermittent, Assert.IsType<Outcome.NotDone>(await Client().SendAsync(command, new NoScope(), default)).Kind);
    }

    [Fact]
    public async Task A_period_that_two_open_at_once_is_not_done_and_may_be_tried_again()
    {
        script.On("model.sale.sale.search_read", Result(Sale("processing")));
        script.On("model.account.invoice.search_read", Result("""[{"id":9,"state":"draft"}]"""));
        script.On("model.account.invoice.post", Error("""["UserError", ["You can create only one journal per period.", ""]]"""));
        var command = new ShipSalesOrder(new PostingKey("K2"), new PostingKey("K"), "7", Order(), default);
        Assert.Equal(FailureKind.Intermittent, Assert.IsType<Outcome.NotDone>(await Client().SendAsync(command, new NoScope(), default)).Kind);
    }

    [Fact]
    public async Task A_total_that_is_more_than_rounding_off_is_refused_before_it_is_confirmed()
    {
        script.On("model.sale.sale.search_read", Result(Sale("quotation", total: "10.80")));
        var refused = Assert.IsType<Outcome.Refused>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal("total-mismatch", refused.Code);
        Assert.Equal(0, script.Count("model.sale.sale.confirm"));
    }

    [Fact]
    public async Task A_cent_of_difference_becomes_a_line_and_is_told()
    {
        script.On("model.sale.sale.search_read", Result(Sale("quotation", total: "11.99")), Result(Sale("quotation")), Result(Sale("processing")));
        script.On("model.sale.sale.write", Result("null"));
        script.On("model.sale.sale.confirm", Result("null"));
        var accepted = Assert.IsType<Outcome.Accepted>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal("0.01", accepted.Facts!["difference"]);
        Assert.Contains("\"decimal\":\"0.01\"", script.Body("model.sale.sale.write"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_code_is_refused_by_name_before_anything_is_written()
    {
        script.On("model.sale.sale.search_read", Result("[]"));
        script.On("model.product.product.search_read", Result("[]"));
        var refused = Assert.IsType<Outcome.Refused>(await Client().SendAsync(Post(), new NoScope(), default));
        Assert.Equal((FailureKind.Missing, "unknown-sku"), (refused.Kind, refused.Code));
        Assert.Contains("SKU-1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"result\":{\"id\":\u0001}}")]
    public async Task An_answer_that_is_none_leaves_a_look_up_undecided(string body)
    {
        script.On("model.sale.sale.search_read", () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });
        Assert.IsType<LookUp.Undecided>(await Client().LookUpAsync(Post(), new NoScope(), default));
    }

    public void Dispose()
    {
        connector.Dispose();
        script.Dispose();
    }

    private static PostSalesOrder Post() => new(new PostingKey("K"), Order(), []);

    private static Order Order() => new(
        new OrderKey("shop", "1"), "N1", "B", 1, new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero), "EUR", true, new OrderTotals(12m, 2m, 0, 0),
        [new OrderLine("1", "SKU-1", "Thing", 1, 12m, 0m, [new TaxLine("VAT", 0.2m, 2m)])], [], new Buyer("5", "Ann", null, null, null, null), PaymentState.Paid, [],
        FulfilmentMode.Ship);

    private static string Sale(string state, string total = "12.00", bool charge = false) => $$"""
        [{"id":7,"number":"S7","description":null,"state":"{{state}}","total_amount":{"__class__":"Decimal","decimal":"{{total}}"},"invoices":[9],"shipments":[],
          "lines.":[{"id":1,"product":3,"quantity":1.0,"unit_price":{"__class__":"Decimal","decimal":"10.0000"},"type":"line"}{{(charge ? Charge : "")}}]}]
        """;

    private const string Charge = """,{"id":2,"product":null,"quantity":1.0,"unit_price":{"__class__":"Decimal","decimal":"4.9167"},"type":"line"}""";

    private static Func<HttpResponseMessage> Result(string json) => () => Json($$"""{"id":1,"result":{{json}}}""");

    private static Func<HttpResponseMessage> Error(string json) => () => Json($$"""{"id":1,"error":{{json}}}""");

    private static Func<HttpResponseMessage> Status(int status) => () => new HttpResponseMessage((HttpStatusCode)status);

    private static Func<HttpResponseMessage> Lost() => () => throw new HttpRequestException(HttpRequestError.ResponseEnded);

    private static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    private IVendorClient Client() => connector.Connect(Profile, new HttpClient(script, disposeHandler: false), TimeProvider.System);

    private sealed class NoScope : CallScope
    {
        public override void Charged(double cost, double available, double restoreRate, double capacity)
        {
        }
    }

    /// <summary>Answers by method, each answer once and the last for ever.</summary>
    private sealed class Script : HttpMessageHandler
    {
        private readonly Dictionary<string, Queue<Func<HttpResponseMessage>>> answers = [];
        private readonly List<(string Method, string Body)> calls = [];

        public Script()
        {
            On("common.db.login", Result("[1,\"s\"]"));
            On("model.res.user.get_preferences", Result("""{"company":1,"language":"fr"}"""));
        }

        public IReadOnlyList<string> Calls => [.. calls.Select(c => c.Method)];

        public void On(string method, params Func<HttpResponseMessage>[] given) => answers[method] = new(given);

        public int Count(string method) => calls.Count(c => c.Method == method);

        public string Body(string method) => calls.Last(c => c.Method == method).Body;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            var method = (string)JsonNode.Parse(body)!["method"]!;
            calls.Add((method, body));
            Assert.True(answers.TryGetValue(method, out var left), $"Nothing is scripted for {method}.");
            return left.Count > 1 ? left.Dequeue()() : left.Peek()();
        }
    }
}
