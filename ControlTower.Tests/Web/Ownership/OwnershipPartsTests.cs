using Bunit;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Ownership;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Ownership;

/// <summary>Addresses, words and cells of the room, without a database.</summary>
public sealed class OwnershipPartsTests : IAsyncDisposable
{
    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Theory]
    [InlineData("/ownership", "/ownership")]
    [InlineData("/ownership?on=2026-11-27T00:01&brand=Fj%26rd&region=EU&domain=order&change=42", "/ownership?on=2026-11-27T00%3A01&brand=Fj%26rd&region=EU&domain=order&change=42")]
    [InlineData("/ownership?on=yesterday&domain=weather&change=-1&change=2", "/ownership")]
    public void The_matrix_is_its_address_and_any_address_is_a_matrix(string address, string canonical) => Assert.Equal(canonical, OwnershipQuery.Parse($"https://tower.example{address}").Href());

    [Theory]
    [InlineData("/ownership/writes", "/ownership/writes")]
    [InlineData("/ownership/writes?domain=price&field=price&source=shopify-eu&verdict=blocked&subject=NL-1&days=7&waiting=1&before=9&w=3", "/ownership/writes?domain=price&field=price&source=shopify-eu&verdict=blocked&subject=NL-1&days=7&waiting=1&before=9&w=3")]
    [InlineData("/ownership/writes?change=42&left=1", "/ownership/writes?change=42&left=1")]
    [InlineData("/ownership/writes?field=price&verdict=owned&days=5&left=1&before=x&subject=%00", "/ownership/writes")]
    public void The_log_is_its_address_and_any_address_is_a_log(string address, string canonical) => Assert.Equal(canonical, WritesQuery.Parse($"https://tower.example{address}").Href());

    [Theory]
    [InlineData(Stance.Owns, "Owns")]
    [InlineData(Stance.Adds, "Adds")]
    [InlineData(Stance.Reads, "Reads")]
    [InlineData(Stance.Blocked, "Blocked")]
    [InlineData(null, "has nothing to do with it")]
    public void A_cell_says_its_right_in_a_word_and_what_a_draft_changes(Stance? right, string word)
    {
        Assert.Contains(word, parts.Render<OwnerCell>(p => p.Add(c => c.Right, right)).Markup, StringComparison.Ordinal);
        var drafted = parts.Render<OwnerCell>(p => p.Add(c => c.Right, right).Add(c => c.Draft, "draft 42"));
        Assert.Contains("chg", drafted.Find("[data-ct=right]").ClassList);
        Assert.Contains("changes in draft 42", drafted.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("price", "19.9 EUR", "€19.90")]
    [InlineData("active", "false", "not sold")]
    [InlineData("title", null, "nothing")]
    [InlineData("title", "Parka XL EUR", "Parka XL EUR")]
    public void Values_are_written_as_people_write_them(string field, string? value, string words) => Assert.Equal(words, OwnershipWords.Value(new OwnershipContext("price", field, "", "", "", "", ""), value));

    [Fact]
    public void A_matrix_shows_roles_names_and_what_has_nothing_to_do_with_a_domain()
    {
        var scene = Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"], Mode: OwnershipMode.Enforce), new OwnershipRule("financial", Owners: ["@erp"], Adds: ["stripe"])));
        var rows = OwnershipMatrix.Rows(scene, PartsContext.Noon, "", "", null);
        Assert.Equal([Stance.Owns, Stance.Reads, null], Rights(rows, "price"));
        Assert.Equal([Stance.Owns, Stance.Reads, Stance.Adds], Rights(rows, "financial"));
        Assert.Equal(OwnershipMode.Enforce, rows.Single(r => r.Domain.Id == "price").Others);
    }

    [Fact]
    public void A_draft_is_shown_in_the_cells_that_it_changes_and_as_a_difference_in_words()
    {
        var draft = Layer(2, new OwnershipRule("price", Owners: ["@erp"], Blocked: ["shop"], Mode: OwnershipMode.Enforce), new OwnershipRule("product", "title", Owners: ["shop"])) with { State = OwnershipStates.Asked, DecidedAt = null };
        var scene = Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"]), new OwnershipRule("product", Owners: ["@erp"])));
        var rows = OwnershipMatrix.Rows(scene, PartsContext.Noon, "", "", draft);
        Assert.Equal([("erp", false), ("shop", true), ("stripe", false)], rows.Single(r => r.Domain.Id == "price").Cells.Select(c => (c.Source.Id, c.Draft)));
        // A field of the domain changes, the domain itself does not.
        var product = rows.Single(r => r.Domain.Id == "product").Cells.Single(c => c.Source.Id == "shop");
        Assert.Equal((Stance.Reads, true), (product.Right, product.Draft));
        Assert.All(OwnershipMatrix.Rows(scene, PartsContext.Noon, "", "", null).SelectMany(r => r.Cells), cell => Assert.False(cell.Draft));

        var words = OwnershipDifference.Of(draft, scene);
        Assert.Equal(["Price and promotion, everywhere", "Product, Title, everywhere"], words.Select(w => w.What));
        Assert.Equal(["Shopify EU: Reads → Blocked", "Writes by others: let through → blocked"], words[0].Words);
        Assert.Equal(["ERP: Owns → Reads", "Shopify EU: Reads → Owns"], words[1].Words);
    }

    [Fact]
    public void A_moment_of_the_past_shows_the_rules_that_held_then_though_they_were_ended_since()
    {
        var ended = Layer(2, new OwnershipRule("price", Owners: ["shop"])) with { DecidedAt = PartsContext.Noon.AddDays(-5), EndedAt = PartsContext.Noon.AddDays(-1), EndedBy = "Tess" };
        var scene = Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"])), ended);
        Assert.Equal([Stance.Owns, Stance.Reads, null], Rights(OwnershipMatrix.Rows(scene, PartsContext.Noon, "", "", null), "price"));
        Assert.Equal([Stance.Reads, Stance.Owns, null], Rights(OwnershipMatrix.Rows(scene, PartsContext.Noon.AddDays(-3), "", "", null), "price"));
    }

    [Fact]
    public void A_rule_of_the_form_is_filled_from_what_is_in_force_until_somebody_says_another_thing()
    {
        var book = Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"], Mode: OwnershipMode.Quarantine, FadesAfterDays: 30), new OwnershipRule("price", "price", Brand: "Fjord", Owners: ["shop"]))).At(PartsContext.Noon);
        var fields = new RuleFields { Domain = "price", Field = "price" };
        fields.Fill(book);
        Assert.Equal(new OwnershipRule("price", "price", Owners: ["@erp"], Mode: OwnershipMode.Quarantine, FadesAfterDays: 30), fields.Rule);
        fields.Brand = " Fjord ";
        fields.Fill(book);
        Assert.Equal(["shop"], fields.Rule.Owners);
        (fields.Touched, fields.Brand) = (true, "");
        fields.Fill(book);
        Assert.Equal(["shop"], fields.Rule.Owners);
        fields.Fades = "soon";
        Assert.Equal(0, fields.Rule.FadesAfterDays);
    }

    [Theory]
    [InlineData("author", Roles.Admin, false, true)]
    [InlineData("other", Roles.Admin, true, false)]
    [InlineData("other", Roles.Operations, false, false)]
    [InlineData("author", Roles.Operations, false, false)]
    public void Who_drafted_a_change_may_withdraw_it_and_another_admin_may_approve_it(string who, string role, bool approves, bool withdraws)
    {
        var asked = Layer(2, new OwnershipRule("price", Owners: ["shop"])) with { State = OwnershipStates.Asked, DecidedAt = null, DecidedBy = null, DecidedName = null };
        var scene = Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"])));
        var me = new SignedIn(who == "author" ? asked.Author!.Value : Guid.NewGuid(), "Rik Bakker", "rik@test.example", role, false);
        var panel = parts.Render<ChangePanel>(p => p.Add(c => c.Scene, scene).Add(c => c.Change, asked).Add(c => c.Chosen, true).Add(c => c.Me, me));
        Assert.Equal(approves ? 1 : 0, panel.FindAll("[data-ct=approve]").Count);
        Assert.Equal(approves ? 1 : 0, panel.FindAll("[data-ct=reject]").Count);
        Assert.Equal(withdraws ? 1 : 0, panel.FindAll("[data-ct=withdraw]").Count);
        Assert.Contains("Price and promotion, everywhere", panel.Find("[data-ct=difference]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_shows_what_would_not_be_taken_and_how_much_of_it_looks_wanted()
    {
        var tried = Layer(2, new OwnershipRule("price", Owners: ["shop"])) with
        {
            State = OwnershipStates.Draft,
            DecidedAt = null,
            DecidedBy = null,
            DecidedName = null,
            Tried = new OwnershipTrial(14, 412_960, 1_204, 7, 1_146, [new("shop", "price", "price", Judgement.Blocked, 1_204), new("shop", "product", "title", Judgement.LetThrough, 7)]),
        };
        var trial = parts.Render<ChangePanel>(p => p.Add(c => c.Scene, Scene(Layer(1, new OwnershipRule("price", Owners: ["@erp"])))).Add(c => c.Change, tried).Add(c => c.Chosen, true)).Find("[data-ct=trial]").TextContent;
        Assert.Contains("1,204", trial, StringComparison.Ordinal);
        Assert.Contains("1,146 were corrected", trial, StringComparison.Ordinal);
        Assert.Contains("58 look wanted", trial, StringComparison.Ordinal);
        Assert.Contains("Shopify EU, price", trial, StringComparison.Ordinal);
        // What would be taken that was not is no part of that figure.
        Assert.DoesNotContain("Shopify EU, title", trial, StringComparison.Ordinal);
        Assert.Contains("7 writes more would have been taken", trial, StringComparison.Ordinal);
    }

    private static List<Stance?> Rights(IReadOnlyList<OwnershipRow> rows, string domain) => [.. rows.Single(r => r.Domain.Id == domain).Cells.Select(c => c.Right)];

    private static OwnershipScene Scene(params OwnershipChange[] layers) => new(
        [.. layers.Reverse()], layers,
        [new("erp", "ERP", SystemKind.Erp, "", "", null), new("shop", "Shopify EU", SystemKind.Shop, "Northlane", "EU", "erp"), new("stripe", "Stripe", SystemKind.Payment, "", "", null)], [], new OwnershipCounts(0, 0),
        PartsContext.Noon, source => source switch { "erp" => "@erp", "shop" => "@shop", "stripe" => "@processor", _ => "" });

    private static OwnershipChange Layer(int number, params OwnershipRule[] rules) => new(
        number, $"Change {number}", "", OwnershipStates.Approved, rules, null, null, Guid.NewGuid(), "Tess", PartsContext.Noon, null, Guid.NewGuid(), "Rik", "", PartsContext.Noon.AddDays(number - 10), null, null, null, null, null, 1);
}
