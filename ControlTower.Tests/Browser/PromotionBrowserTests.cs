using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Accounts;
using ControlTower.Data.Canonical;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>Promotions as people see them: the list and its calendar, a plan step by step, and a release. What the engine does with them is tested elsewhere; here its rows are written as it writes them.</summary>
public sealed class PromotionBrowserTests : IAsyncLifetime
{
    private readonly BrowserWorld world = new() { Settings = ["Tower:Roles=web"] };

    private TestDatabase Database => world.Tower.Database;

    public ValueTask InitializeAsync() => world.InitializeAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Promotions_are_found_by_state_laid_over_weeks_and_reached_by_keys()
    {
        await using var visitor = await world.VisitAsync();
        var author = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing is planned");
        await visitor.AccessibleAsync();
        await EstateAsync();
        await ReleaseAsync(author);
        await PlanAsync(author, "Fjell members week", "review");
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("promotion:R-101")).ToContainTextAsync("Releasing");
        await Expect(visitor.Part("promotion:R-101")).ToContainTextAsync("Asks a person");
        await Expect(visitor.Part("promotion:R-101")).ToContainTextAsync("82.1%");
        await Expect(visitor.Part("promotion:R-102")).ToContainTextAsync("Under review");
        await Expect(visitor.Part("nav:promotions")).ToContainTextAsync("2");
        await visitor.PicturesAsync("promotions");
        await visitor.Page.Keyboard.PressAsync("j");
        await Expect(visitor.Page.Locator("[data-ct='promotion:R-101'][aria-current=true]")).ToHaveCountAsync(1);
        await visitor.Page.Keyboard.PressAsync("c");
        await visitor.AtAsync("/promotions?view=calendar");
        await Expect(visitor.Part("bar:R-101")).ToContainTextAsync("23:59:59");
        await visitor.PicturesAsync("promotions-calendar");
        await visitor.Page.GotoAsync("/promotions?q=members");
        await Expect(visitor.Part("promotion:R-102")).ToBeVisibleAsync();
        await Expect(visitor.Part("promotion:R-101")).ToHaveCountAsync(0);
        await visitor.Page.GotoAsync("/promotions?show=over&from=nonsense&q=%00");
        await Expect(visitor.Part("empty")).ToContainTextAsync("Nothing is over yet");
    }

    [Fact]
    public async Task A_plan_is_written_step_by_step_and_what_is_wrong_stands_beside_its_field()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Keyboard.PressAsync("n");
        await visitor.AtAsync("/promotions/new");
        await visitor.FillAsync("[data-ct=name]", "Winter sale");
        await visitor.FillAsync("[data-ct=paste]", "FJ-BASE-M\nFJ-BASE-L\nFJ-BASE-M");
        await visitor.Page.ClickAsync("[data-ct=add-pasted]");
        await Expect(visitor.Part("plan-form")).ToContainTextAsync("2 SKUs added, 1 named already.");
        await visitor.ChooseAsync("[data-ct=import-file]", new Microsoft.Playwright.FilePayload
        {
            Name = "list.csv", MimeType = "text/csv", Buffer = "SKU;currency;price\nFJ-GLOVE;EUR;39.95\nNO-SUCH;;\nFJ-BASE-M;EUR;=A1\n"u8.ToArray(),
        });
        await Expect(visitor.Part("import-report")).ToContainTextAsync("No channel and no ERP lists NO-SUCH.");
        await Expect(visitor.Part("import-report")).ToContainTextAsync("This is a formula");
        await visitor.PicturesAsync("promotion-scope");
        await visitor.ChooseAsync("[data-ct=import-file]", new Microsoft.Playwright.FilePayload { Name = "list.csv", MimeType = "text/csv", Buffer = "SKU;currency;price\nFJ-GLOVE;EUR;39.95\n"u8.ToArray() });
        await Expect(visitor.Part("import-said")).ToContainTextAsync("1 SKU and 1 price taken.");
        await visitor.Page.ClickAsync("[data-ct='step:prices']");
        await visitor.FillAsync("[data-ct=percent]", "110");
        await Expect(visitor.Part("own-prices")).ToContainTextAsync("€39.95");
        await visitor.Page.ClickAsync("[data-ct=next-step]");
        await Expect(visitor.Part("wrong:offer.percent")).ToContainTextAsync("110 percent off is not possible");
        await visitor.PicturesAsync("promotion-prices");
        await visitor.FillAsync("[data-ct=percent]", "30");
        await visitor.Page.ClickAsync("[data-ct='step:schedule']");
        await visitor.FillAsync("[data-ct=start-day]", "2027-01-10");
        await visitor.FillAsync("[data-ct=end-day]", "2027-01-09");
        await visitor.Page.ClickAsync("[data-ct=save]");
        await Expect(visitor.Part("wrong:ends")).ToContainTextAsync("It ends before it starts");
        await visitor.FillAsync("[data-ct=end-day]", "2027-01-16");
        await visitor.Page.Locator("[data-ct=end-day]").BlurAsync();
        await Expect(visitor.Part("wrong:ends")).ToHaveCountAsync(0);
        await Expect(visitor.Part("window")).ToContainTextAsync("Sun 10 Jan 00:00 to Sat 16 Jan 23:59:59");
        await visitor.PicturesAsync("promotion-schedule");
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from promotion"));
    }

    [Fact]
    public async Task The_preflight_shows_what_blocks_and_the_approval_is_for_somebody_else()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        var author = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await PlanAsync(author, "Fjell members week", "draft");
        await CheckedAsync(101);
        await visitor.Page.GotoAsync("/promotions/101?step=preflight");
        await visitor.LiveAsync();
        await Expect(visitor.Part("finding:margin")).ToContainTextAsync("Blocks");
        await Expect(visitor.Part("verdict")).ToContainTextAsync("1 check blocks this release.");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.AtAsync("/promotions/101?step=preflight&check=margin");
        await Expect(visitor.Part("found")).ToContainTextAsync("€62.72");
        await Expect(visitor.Part("panel:overlap")).ToContainTextAsync("Black Friday outerwear");
        await visitor.PicturesAsync("promotion-preflight");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.ClickAsync("[data-ct=acknowledge]");
        await visitor.FillAsync("[data-ct=reason]", "Agreed with the other team.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("finding:overlap")).ToContainTextAsync("Agreed with the other team.");

        await visitor.Page.ClickAsync("[data-ct='step:stages']");
        await Expect(visitor.Part("stage-form:2")).ToBeVisibleAsync();
        await visitor.PicturesAsync("promotion-stages");
        await visitor.FillAsync("[data-ct=parity]", "98");
        await visitor.Page.Locator("[data-ct=parity]").BlurAsync();
        await Database.ExecuteAsync("update promotion set version = version + 1 where id = 101; select pg_notify('tower_changes', '2048')");
        await Expect(visitor.Part("moved")).ToContainTextAsync("Somebody changed this promotion");
        await Expect(visitor.Part("parity")).ToHaveValueAsync("98");
        await Database.ExecuteAsync("update promotion_revision set state = 'review', sent_by = made_by, sent_by_id = made_by_id, sent_at = now(), sent_to = 'Trade' where promotion_id = 101");
        await visitor.Page.GotoAsync("/promotions/101?step=approval");
        await Expect(visitor.Part("four-eyes")).ToContainTextAsync("Somebody else decides");
        await Expect(visitor.Part("approve")).ToHaveCountAsync(0);
        await Expect(visitor.Part("locked")).ToContainTextAsync("under review");
        await visitor.PicturesAsync("promotion-approval");

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Merchandiser, at: "/promotions/101?step=approval");
        await other.FillAsync("[data-ct=comment]", "Start a day later.");
        await other.Page.ClickAsync("[data-ct=ask-changes]");
        await Expect(other.Part("decided")).ToContainTextAsync("Start a day later.");
        await Expect(visitor.Part("decided")).ToContainTextAsync("Changes asked for");
    }

    [Fact]
    public async Task A_release_is_seen_stage_by_channel_held_and_its_prices_are_decided_on()
    {
        await using var visitor = await world.VisitAsync();
        await EstateAsync();
        var person = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await ReleaseAsync(person);
        await visitor.Page.GotoAsync("/promotions/101/release");
        await visitor.LiveAsync();
        await Expect(visitor.Part("release-head")).ToContainTextAsync("Stage 2 of 3, running");
        await Expect(visitor.Part("question")).ToContainTextAsync("Go on below the gate?");
        await Expect(visitor.Part("figures")).ToContainTextAsync("98.5%");
        await Expect(visitor.Part("figures")).ToContainTextAsync("Under the gate");
        await Expect(visitor.Part("cell:1:bc-eu")).ToContainTextAsync("100.0%");
        await Expect(visitor.Part("cell:2:shopify-eu")).ToContainTextAsync("97.0%");
        await Expect(visitor.Part("back")).ToContainTextAsync("1 price is left alone");
        await Expect(visitor.Part("advance")).ToBeDisabledAsync();
        await visitor.PicturesAsync("promotion-release");

        await visitor.Page.ClickAsync("[data-ct='cell:2:shopify-eu']");
        await visitor.AtAsync("/promotions/101/release?connection=shopify-eu&stage=2");
        await Expect(visitor.Part("panel:cells")).ToContainTextAsync("100 of 240 prices");
        await visitor.Page.SelectOptionAsync("[data-ct=phase]", "failed");
        await visitor.AtAsync("/promotions/101/release?connection=shopify-eu&stage=2&phase=failed");
        await Expect(visitor.Part("cells").Locator("tbody tr")).ToHaveCountAsync(2);
        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Keyboard.PressAsync("j");
        await visitor.Page.Keyboard.PressAsync("r");
        await Expect(visitor.Part("cells").Locator("tbody tr")).ToHaveCountAsync(1);
        await visitor.Page.GotoAsync("/promotions/101/release?phase=drifted");
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Keep" }).ClickAsync();
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("release-box").Locator("[data-ct=wrong]")).ToContainTextAsync("Say why");
        await visitor.FillAsync("[data-ct=reason]", "The store sells it off.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("release-box")).ToHaveCountAsync(0);
        Assert.Equal("ignored", await Database.ScalarAsync<string>("select phase from promotion_cell where ignored_why = 'The store sells it off.'"));

        await visitor.Page.EvaluateAsync("document.activeElement.blur()");
        await visitor.Page.Keyboard.PressAsync("h");
        await visitor.FillAsync("[data-ct=reason]", "The till shows odd prices.");
        await visitor.PicturesAsync("promotion-release-hold");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("held")).ToContainTextAsync("The till shows odd prices.");
        await visitor.Page.ClickAsync("[data-ct=roll-back]");
        await visitor.FillAsync("[data-ct=reason]", "Wrong prices.");
        await visitor.Page.DblClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("going-back")).ToContainTextAsync("Wrong prices.");
        Assert.Equal(1, await Database.ScalarAsync<long>("select count(*) from audit where action = 'promotions:release:run' and reason = 'Wrong prices.'"));
    }

    [Fact]
    public async Task A_question_is_answered_by_trying_again_by_going_on_or_by_rolling_back()
    {
        await EstateAsync();
        await using var visitor = await world.VisitAsync();
        await ReleaseAsync(await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions"));
        await Database.ExecuteAsync("update promotion set stage_asked = 2");
        await visitor.Page.GotoAsync("/promotions/101/release");
        await visitor.LiveAsync();
        await Expect(visitor.Part("give-up")).ToHaveTextAsync("Roll back…");
        await visitor.PicturesAsync("promotion-release-asked");
        await visitor.Page.ClickAsync("[data-ct=try-again]");
        await Expect(visitor.Part("question")).ToHaveCountAsync(0);
        await Expect(visitor.Part("log")).ToContainTextAsync("3 prices tried again; judged anew when read back");
    }

    [Fact]
    public async Task A_dry_run_shows_what_each_price_becomes_and_what_would_stop_it()
    {
        await EstateAsync();
        await using var visitor = await world.VisitAsync();
        await PlanAsync(await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions"), "Fjell members week", "draft");
        await CheckedAsync(101);
        await Database.ExecuteAsync(
            """
            update promotion_revision set dry_asked_at = now() - interval '5 seconds', dry_done_at = now() where promotion_id = 101;
            update promotion_plan_cell set seen_at = now(), seen_price = case sku when 'FJ-GLOVE' then 60 else base_price end, cover = 2.5, flags = flags || case sku when 'FJ-GLOVE' then array['cover'] else '{}' end where promotion_id = 101 and item <> '';
            insert into promotion_finding (promotion_id, revision, check_name, ordinal, tone, count, words) values (101, 1, 'cover', 2, 'warning', 1, '1 SKU will be sold out before it ends: FJ-GLOVE in 2.5 days');
            """);
        await visitor.Page.GotoAsync("/promotions/101?step=preflight&check=dry-run");
        await visitor.LiveAsync();
        await Expect(visitor.Part("finding:dry-run")).ToContainTextAsync("3 of 3 prices read at their channel");
        await Expect(visitor.Part("outcome")).ToHaveTextAsync(["Stops: it stands at 60 and was planned from 64.95", "89.95 becomes 59.95", "89.95 becomes 59.95"]);
        await visitor.PicturesAsync("promotion-dry-run");
        await visitor.Page.ClickAsync("[data-ct='finding:cover']");
        await Expect(visitor.Part("plan-cell:FJ-GLOVE")).ToContainTextAsync("2.5 days");
        await Expect(visitor.Part("export-csv")).ToHaveAttributeAsync("href", "/promotions/101/export.csv?revision=1");
    }

    [Fact]
    public async Task A_stage_that_waits_for_its_people_says_whom_and_what_to_look_at_and_one_of_them_takes_it()
    {
        await EstateAsync();
        await using var visitor = await world.VisitAsync();
        var person = await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions");
        await ReleaseAsync(person);
        await Database.ExecuteAsync("update promotion set question = null; update promotion_stage set proven_at = now() where stage = 2; update promotion_stage set asked_at = now() - interval '5 minutes', hold_minutes = 45 where stage = 3; update promotion_cell set phase = 'proven', seen_price = price, failure = null where stage = 2");
        await visitor.Page.GotoAsync("/promotions");
        await Expect(visitor.Part("promotion:R-101")).ToContainTextAsync("Waits for a person");
        await visitor.Page.GotoAsync("/promotions/101/release");
        await Expect(visitor.Part("called")).ToContainTextAsync("Stage 3, UK, waits for Trade UK");
        await Expect(visitor.Part("called")).ToContainTextAsync("Look at the first orders.");
        await Expect(visitor.Part("taken")).ToContainTextAsync("Nobody looks after it yet.");
        await visitor.PicturesAsync("promotion-release-called");
        await visitor.Page.ClickAsync("[data-ct=take]");
        await Expect(visitor.Part("taken")).ToContainTextAsync($"{person.Name} looks after it");

        await using var other = await world.VisitAsync();
        await other.SignInAsAsync(Roles.Operations, at: "/promotions/101/release");
        await Expect(other.Part("taken")).ToContainTextAsync(person.Name);
        await Expect(other.Part("take")).ToHaveTextAsync("I take it over");
        await visitor.Page.ClickAsync("[data-ct=leave]");
        await Expect(other.Part("taken")).ToContainTextAsync("Nobody looks after it yet.");

        await visitor.Part("called").GetByRole(Microsoft.Playwright.AriaRole.Button).ClickAsync();
        await Expect(visitor.Part("instructions")).ToContainTextAsync("Look at the first orders.");
        await visitor.Page.ClickAsync("[data-ct=confirm]");
        await Expect(visitor.Part("called")).ToHaveCountAsync(0);
        Assert.Equal(person.Name, await Database.ScalarAsync<string>("select advanced_by from promotion_stage where stage = 3"));
    }

    [Fact]
    public async Task Who_reads_sees_no_button_and_operations_may_hold_alone()
    {
        await EstateAsync();
        await using var reader = await world.VisitAsync();
        var person = await reader.SignInAsAsync(Roles.Executive, at: "/promotions");
        await ReleaseAsync(person);
        await reader.Page.ReloadAsync();
        await Expect(reader.Part("promotion:R-101")).ToBeVisibleAsync();
        await Expect(reader.Part("new-promotion")).ToHaveCountAsync(0);
        await reader.Page.GotoAsync("/promotions/101/release");
        await Expect(reader.Part("matrix")).ToBeVisibleAsync();
        await Expect(reader.Page.Locator("main button:not(.ib)")).ToHaveCountAsync(0);
        await reader.Page.GotoAsync("/promotions/101");
        await Expect(reader.Part("locked")).ToContainTextAsync("You can look");
        await Expect(reader.Part("save")).ToHaveCountAsync(0);

        await using var operations = await world.VisitAsync();
        await operations.SignInAsAsync(Roles.Operations, at: "/promotions/101/release");
        await Expect(operations.Part("hold")).ToBeVisibleAsync();
        await Expect(operations.Part("roll-back")).ToHaveCountAsync(0);
        await Expect(operations.Part("advance")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_store_says_in_which_time_it_lives_and_which_price_groups_its_tills_know()
    {
        await EstateAsync();
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Merchandiser, at: "/promotions/stores");
        await Expect(visitor.Part("store:oslo")).ToContainTextAsync("MEMBER");
        await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Change Lisboa" }).ClickAsync();
        await visitor.FillAsync("[data-ct=store-zone]", "Mars/Olympus");
        await visitor.Page.ClickAsync("[data-ct=store-save]");
        await Expect(visitor.Part("wrong")).ToContainTextAsync("is no time zone");
        await visitor.FillAsync("[data-ct=store-zone]", "Europe/Lisbon");
        await visitor.FillAsync("[data-ct=store-groups]", "MEMBER, OUTLET");
        await visitor.PicturesAsync("promotion-store");
        await visitor.Page.ClickAsync("[data-ct=store-save]");
        await Expect(visitor.Part("store:lisboa")).ToContainTextAsync("MEMBER, OUTLET");
        await Expect(visitor.Part("store:lisboa")).ToContainTextAsync("Europe/Lisbon");
    }

    private async Task EstateAsync()
    {
        await new OrderWorld(Database).ConnectAsync();
        await Database.ExecuteAsync(
            """
            insert into location (id, name, kind, brand, time_zone, price_groups) values ('oslo', 'Oslo Bogstadveien', 'store', 'Fjell', 'Europe/Oslo', '{MEMBER}'), ('lisboa', 'Lisboa', 'store', 'Northlane', null, '{}');
            insert into catalog_item (connection_id, item, product_title, title, sku, active, price, currency, tax_included, changed_at) values
              ('shopify-eu', '1', 'Fjell merino base layer', 'M', 'FJ-BASE-M', true, 89.95, 'EUR', true, now()), ('shopify-eu', '2', 'Fjell merino base layer', 'L', 'FJ-BASE-L', true, 89.95, 'EUR', true, now()),
              ('shopify-eu', '3', 'Fjell down glove', '', 'FJ-GLOVE', true, 64.95, 'EUR', true, now());
            """);
    }

    private static PromotionPlan Plan(string name) => new(
        name, new PromotionOffer(OfferKind.Percent, 30), new PromotionProducts(["FJ-BASE-M", "FJ-BASE-L", "FJ-GLOVE"]), ["bc-eu", "shopify-eu", "vendure-uk"], ["oslo"], new DateTime(2027, 1, 7, 0, 1, 0), new DateTime(2027, 1, 14),
        [new PromotionStage("ERP", ["bc-eu"], []), new PromotionStage("Web EU", ["shopify-eu"], []), new PromotionStage("UK", [], [], StageHold.Person, 0, "Trade UK", "Look at the first orders.")],
        new PromotionRules(MarginFloor: 22, Guards: [new PromotionGuard(GuardKind.Margin, 28, OnBreach.Pause)]));

    private async Task PlanAsync(Account author, string name, string state)
    {
        await using var command = Database.Sources.Work.CreateCommand(
            """
            with made as (insert into promotion (name, made_by) values ($1, $2) returning id)
            insert into promotion_revision (promotion_id, revision, plan, state, made_by, made_by_id, sent_by, sent_by_id, sent_at) select id, 1, $3::jsonb, $4, $2, $5, $2, $5, now() from made
            """);
        command.Parameters.AddRange(new Npgsql.NpgsqlParameter[]
        {
            new() { Value = name }, new() { Value = author.Name }, new() { Value = JsonSerializer.Serialize(Plan(name), CanonicalJson.Default.PromotionPlan) }, new() { Value = state }, new() { Value = author.Id.ToString() },
        });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task CheckedAsync(long id) => Database.ExecuteAsync(
        $"""
        insert into promotion (name, state, released, made_by, starts_at) values ('Black Friday outerwear', 'scheduled', 1, 'Somebody', now());
        insert into promotion_revision (promotion_id, revision, plan, state, made_by, made_by_id, decided_by, decided_by_id) select max(id), 1, (select plan from promotion_revision limit 1), 'approved', 'Somebody', 's', 'Other', 'o' from promotion;
        update promotion_revision set check_asked_at = now() - interval '1 minute', checked_at = now() - interval '50 seconds' where promotion_id = {id.ToString(CultureInfo.InvariantCulture)};
        insert into promotion_finding (promotion_id, revision, check_name, ordinal, tone, count, words) values
          (101, 1, 'margin', 1, 'error', 2, '2 SKUs sell below the 22% floor'), (101, 1, 'overlap', 2, 'warning', 1, '1 SKU is also in another promotion; the lowest price wins'),
          (101, 1, 'changed', 3, 'note', 1, 'Since the revision before, 1 SKUs came and 0 went'), (101, 1, 'clock', 4, 'passed', 1, '1 store, 3 zones, no clock change in the window'),
          (101, 1, 'order', 5, 'passed', 0, 'Prices are in the ERP before channels show them'), (101, 1, 'room', 6, 'passed', 6, '6 writes; the slowest channel needs about 2 s of its limit'), (101, 1, 'way-back', 7, 'passed', 6, 'What stands at each channel is captured before it is changed');
        insert into promotion_plan_cell (promotion_id, revision, connection_id, sku, item, place, kind, currency, stage, base_price, price, cost, margin, lowest, rival_id, rival_price, wins, flags) values
          (101, 1, 'shopify-eu', 'FJ-BASE-M', '1', '', 'price', 'EUR', 2, 89.95, 59.95, 48.92, 18.4, 62.72, null, null, null, array['margin']), (101, 1, 'shopify-eu', 'FJ-BASE-L', '2', '', 'price', 'EUR', 2, 89.95, 59.95, 48.92, 18.4, 62.72, null, null, null, array['margin']),
          (101, 1, 'shopify-eu', 'FJ-GLOVE', '3', '', 'price', 'EUR', 2, 64.95, 45.47, 20, 40, 25, 102, 43.10, false, array['overlap']), (101, 1, 'vendure-uk', 'FJ-GLOVE', '', '', 'price', null, null, null, null, null, null, null, null, null, null, array['missing']);
        """);

    /// <summary>A release that is half way: the ERP is proven, the web has trouble, the rest waits for a person.</summary>
    private async Task ReleaseAsync(Account author)
    {
        await PlanAsync(author, "Black Friday outerwear", "draft");
        await Database.ExecuteAsync(
            """
            update promotion_revision set state = 'approved', decided_by = 'Other Person', decided_by_id = 'other', decided_at = now();
            update promotion set state = 'releasing', released = 1, starts_at = now() - interval '40 minutes', ends_at = now() + interval '7 days', question = 'Stage 2 is at 97.0%. Go on below the gate?';
            insert into promotion_stage (promotion_id, stage, name, hold, team, instructions, started_at, started_by, proven_at) values
              (101, 1, 'ERP', 'none', null, null, now() - interval '40 minutes', 'the tower', now() - interval '35 minutes'), (101, 2, 'Web EU', 'none', null, null, now() - interval '35 minutes', 'the tower', null),
              (101, 3, 'UK', 'person', 'Trade UK', 'Look at the first orders.', null, null, null);
            insert into promotion_cell (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, price, phase, held, touched, captured, former_price, seen_price, seen_at, failure, failure_message)
            select 101, c.id, n::text, '', 'price', 'FJ-' || n, c.currency, c.stage, now() - interval '40 minutes', now() + interval '7 days', 1, 59.95,
                case when c.stage = 3 then 'waiting' when c.stage = 1 or n > 3 then 'proven' when n = 1 then 'drifted' else 'failed' end,
                c.stage < 3, c.stage < 3, c.stage < 3, case when c.stage < 3 then 89.95 end, case when c.stage = 1 or c.stage = 2 and n > 3 then 59.95 when c.stage = 2 and n = 1 then 54.95 when c.stage = 2 then 89.95 end, case when c.stage < 3 then now() end,
                case when c.stage = 2 and n in (2, 3) then 'refused' end, case when c.stage = 2 and n in (2, 3) then 'Shopify: the variant is locked' end
            from (values ('bc-eu', 'EUR', 1, 100), ('shopify-eu', 'EUR', 2, 100), ('vendure-uk', 'GBP', 3, 40)) c (id, currency, stage, many) cross join lateral generate_series(1, c.many) n;
            insert into promotion_check_day (promotion_id, connection_id, day, checked, as_intended) values (101, 'shopify-eu', current_date - 1, 100, 90), (101, 'shopify-eu', current_date, 200, 194);
            insert into promotion_log (promotion_id, at, tone, words, who) values (101, now() - interval '40 minutes', 'start', 'Stage 1 started on time', null), (101, now() - interval '35 minutes', 'ok', 'Stage 1 proven, 100%', null), (101, now() - interval '3 minutes', 'warn', 'Stage 2 is at 97.0%', null);
            """);
    }
}
