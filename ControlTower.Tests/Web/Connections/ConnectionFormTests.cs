using Bunit;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Connections;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Connections;

public sealed class ConnectionFormTests
{
    private static readonly ConnectorCatalog Catalog = ConnectorCatalog.Standard();
    private static readonly (string Id, string Name)[] OneErp = [("bc-eu", "Business Central EU")];

    public static TheoryData<string> Kinds => [.. Catalog.All.Select(connector => connector.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_complaint_of_a_connector_has_a_field_and_every_required_field_a_complaint(string kind)
    {
        var form = New(kind);
        Assert.False(form.Ask());
        var fields = form.Fields.Select(field => field.Name).ToList();
        Assert.All(form.Shown.Where(problem => problem.Field is not ("id" or "name")), problem => Assert.Contains(problem.Field, fields));
        Assert.All(form.Fields.Where(field => field.Required), field => Assert.NotNull(form.Problem(field.Name)));
        Assert.All(form.Fields, field => Assert.False(string.IsNullOrWhiteSpace(field.Label) || string.IsNullOrWhiteSpace(field.Help)));
    }

    [Fact]
    public void Nothing_is_called_wrong_before_it_was_left_or_asked_for()
    {
        var form = New("shopify");
        Assert.Empty(form.Shown);
        form.Set("shopDomain", "not a domain");
        Assert.Equal("shopDomain", Assert.Single(form.Shown).Field);
        form.Ask();
        Assert.Contains(form.Shown, problem => problem.Field == "accessToken");
    }

    [Fact]
    public void What_was_said_goes_while_it_is_mended_and_nothing_new_is_said_before_the_field_is_left()
    {
        var form = New("shopify");
        form.Type("shopDomain", "not a domain");
        Assert.Empty(form.Shown);
        form.Set("shopDomain", "not a domain");
        form.Type("shopDomain", "northlane.myshopify.com");
        Assert.Empty(form.Shown);
        Assert.Equal("northlane.myshopify.com", form.Draft().Settings["shopDomain"]);
    }

    [Fact]
    public void The_key_follows_the_name_until_somebody_writes_one()
    {
        var form = New("shopify");
        form.Set("name", "Mode à Paris, 2e");
        Assert.Equal("mode-a-paris-2e", form["id"]);
        form.Set("id", "paris");
        form.Set("name", "Something else");
        Assert.Equal("paris", form["id"]);
    }

    [Fact]
    public void A_shop_needs_an_erp_and_the_only_one_is_chosen()
    {
        Assert.Equal("bc-eu", New("shopify")["postsTo"]);
        var lonely = new ConnectionForm(Catalog, [], null, "UTC");
        lonely.Set("kind", "shopify");
        lonely.Ask();
        Assert.Contains("Connect the ERP first", lonely.Problem("postsTo"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stored_secret_is_no_text_of_the_form_and_stays_unless_replaced_or_removed()
    {
        var form = Existing();
        Assert.Equal((true, "x4f2"), form.Secret("accessToken"));
        Assert.Empty(form.Draft().Secrets);
        form.Replace("accessToken");
        form.Set("accessToken", "shpat_another_token");
        Assert.Equal("shpat_another_token", form.Draft().Secrets["accessToken"]);
        form.Keep("accessToken");
        Assert.Empty(form.Draft().Secrets);
        form.Forget("clientSecretPrevious");
        Assert.Equal(["clientSecretPrevious"], form.Draft().Forgotten);
    }

    [Fact]
    public void What_a_document_set_up_and_has_no_field_stays()
    {
        var form = Existing();
        form.Set("name", "Shopify Europe");
        Assert.Equal("2026-07", form.Draft().Settings["apiVersion"]);
    }

    [Fact]
    public void Pairs_become_settings_and_a_line_without_both_sides_is_named()
    {
        var form = New("business-central");
        form.Set("taxCode:", "0.19 = VAT19\n0.07=VAT7");
        Assert.Equal(("VAT19", "VAT7"), (form.Draft().Settings["taxCode:0.19"], form.Draft().Settings["taxCode:0.07"]));
        form.Set("taxCode:", "0.19");
        Assert.Contains("\"0.19\"", form.Problem("taxCode:"), StringComparison.Ordinal);
        form.Set("taxCode:", "0.19 = A\n0.19 = B");
        Assert.Contains("twice", form.Problem("taxCode:"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id", "New York")]
    [InlineData("id", "new")]
    [InlineData("currency", "eur")]
    [InlineData("timeZone", "Mars/Olympus")]
    [InlineData("maxProcessingSeconds", "soon")]
    [InlineData("name", "")]
    public void Each_wrong_value_is_told_at_its_field(string field, string value)
    {
        var form = New("tryton");
        form.Set(field, value);
        Assert.NotNull(form.Problem(field));
    }

    [Fact]
    public void What_the_desk_says_stands_at_the_field_until_it_is_changed()
    {
        var form = New("tryton");
        form.Set("id", "tryton-eu");
        form.Tell([new SettingProblem("id", "It is taken.")]);
        Assert.Equal("It is taken.", form.Problem("id"));
        form.Set("id", "tryton-nl");
        Assert.Null(form.Problem("id"));
    }

    [Fact]
    public async Task A_stored_secret_is_drawn_by_its_ending_and_never_as_an_input()
    {
        await using var context = new PartsContext();
        var form = Existing();
        var drawn = context.Render<SecretField>(parts => parts.Add(p => p.Form, form).Add(p => p.Field, form.Fields.First(field => field.Name == "accessToken")));
        Assert.Equal("stored, ends in …x4f2", drawn.Find("[data-ct=stored]").TextContent);
        Assert.Empty(drawn.FindAll("input"));
        await drawn.Find("[data-ct='replace:accessToken']").ClickAsync(new());
        Assert.Equal("password", drawn.Find("input").GetAttribute("type"));
    }

    [Fact]
    public void The_words_about_the_circuit_come_from_its_rule()
    {
        Assert.Equal("trips at 50% failed of 20 calls, 5 at least", ConnectionWords.Trips(new BreakerRule()));
        Assert.Equal("trips at 12.5% failed of 8 calls, 3 at least", ConnectionWords.Trips(new BreakerRule(Window: 8, Least: 3, FailedShare: 0.125)));
        Assert.Contains("7 good ones", ConnectionWords.Probing(new BreakerRule(Probes: 7)), StringComparison.Ordinal);
    }

    private static ConnectionForm New(string kind)
    {
        var form = new ConnectionForm(Catalog, OneErp, null, "Europe/Amsterdam");
        form.Set("kind", kind);
        return form;
    }

    private static ConnectionForm Existing() => new(Catalog, OneErp, new ConnectionInHand(
        new ConnectionDraft("shopify-eu", "shopify", "Shopify EU", "Northlane", "EU", "EUR", "Europe/Berlin", "bc-eu",
            new Dictionary<string, string> { ["shopDomain"] = "northlane.myshopify.com", ["apiVersion"] = "2026-07" }, new Dictionary<string, string>(), new HashSet<string>()),
        3, new Dictionary<string, string> { ["accessToken"] = "x4f2", ["clientSecret"] = "99aa", ["clientSecretPrevious"] = "" }, false, null), "UTC");
}
