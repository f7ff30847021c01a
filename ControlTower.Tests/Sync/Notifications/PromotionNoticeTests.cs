using System.Text;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Notifications;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>People hear of promotions that wait for them or went wrong.</summary>
public sealed class PromotionNoticeTests
{
    private const string Review =
        """
        insert into promotion (name, made_by) values ('Black Friday outerwear', 'Sofie Lund');
        insert into promotion_revision (promotion_id, revision, plan, made_by, made_by_id) select 101, 1, '{"name": "Black Friday outerwear"}', 'Sofie Lund', id::text from account where name = 'Sofie Lund';
        update promotion_revision set state = 'review', sent_by = 'Sofie Lund', sent_by_id = made_by_id, sent_at = now()
        """;

    [Fact]
    public async Task What_waits_for_a_person_or_goes_back_is_told_once_and_the_steps_between_are_not()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Promotion]));
        await world.Database.ExecuteAsync(
            """
            insert into promotion (name, made_by) values ('Black Friday outerwear', 'A');
            insert into promotion_log (promotion_id, tone, words) select id, t, w from promotion, (values ('ask', 'Revision 1 sent for approval'), ('ok', 'Revision 1 approved'), ('start', 'Stage 1 begins'), ('hold', 'Held: odd prices')) x (t, w);
            """);
        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal("promotion sent, promotion sent", await world.StatesAsync());
        var body = Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body);
        Assert.Contains("2 of promotions", body, StringComparison.Ordinal);
        Assert.Contains("R-101 Black Friday outerwear: Held: odd prices", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_approve_is_told_by_e_mail_with_the_way_there_and_its_author_is_not()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await PeopleAsync(world);
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Promotion], to: ""));
        await world.Database.ExecuteAsync(Review);
        Assert.Equal("Boris Admin, Ida Holm", await ToldAsync(world));
        await NotificationWorld.TurnAsync(world.Node());
        var mail = world.Mail.Mails.Select(m => m.Data).ToList();
        Assert.Equal(2, mail.Count);
        Assert.All(mail, m => Assert.Contains("promotions/101?step", m, StringComparison.Ordinal));
        // Sent once more it asks once more; the same again tells nobody twice.
        await world.Database.ExecuteAsync("update promotion_revision set sent_at = sent_at where revision = 1");
        Assert.Equal(2L, await world.Database.ScalarAsync<long>("select count(*) from notification"));
    }

    [Theory]
    [InlineData("ida holm")]
    [InlineData("Ida@example.com")]
    public async Task Whoever_it_was_sent_to_by_name_is_told_alone(string to)
    {
        await using var world = await NotificationWorld.CreateAsync();
        await PeopleAsync(world);
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Promotion], to: ""));
        await world.Database.ExecuteAsync($"{Review}, sent_to = '{to}'");
        Assert.Equal("Ida Holm", await ToldAsync(world));
    }

    [Theory]
    [InlineData("approved", "was approved by Ida Holm: Well done.")]
    [InlineData("changes", "needs changes, says Ida Holm: Well done.")]
    public async Task Its_authors_are_told_what_was_decided_and_by_whom(string state, string words)
    {
        await using var world = await NotificationWorld.CreateAsync();
        await PeopleAsync(world);
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Promotion], to: ""));
        await world.Database.ExecuteAsync(Review);
        await world.Database.ExecuteAsync("delete from notification");
        await world.Database.ExecuteAsync($"update promotion_revision set state = '{state}', decided_by = 'Ida Holm', decided_by_id = (select id::text from account where name = 'Ida Holm'), decided_at = now(), comment = 'Well done.'");
        Assert.Equal("Sofie Lund", await ToldAsync(world));
        Assert.Contains(words, await world.Database.ScalarAsync<string>("select about ->> 'found' from notification"), StringComparison.Ordinal);
    }

    /// <summary>The roles that the database tells are those that may approve.</summary>
    [Fact]
    public async Task Each_role_that_may_approve_is_told_and_no_other()
    {
        await using var world = await NotificationWorld.CreateAsync();
        foreach (var role in Roles.All)
        {
            await world.Accounts.AddAsync(new NewAccount($"{role}@example.com", role, role, false), Actor.Tower("test"));
        }

        await world.Accounts.AddAsync(new NewAccount("Sofie@example.com", "Sofie Lund", Roles.Merchandiser, false), Actor.Tower("test"));
        await world.ChannelAsync(world.MailDraft(events: [NoticeKind.Promotion], to: ""));
        await world.Database.ExecuteAsync(Review);
        Assert.Equal(string.Join(", ", Roles.All.Where(r => Roles.May(r, false, Permissions.PromotionsApprove)).Order(StringComparer.Ordinal)), await ToldAsync(world));
    }

    private static async Task PeopleAsync(NotificationWorld world)
    {
        foreach (var (name, role) in new[] { ("Sofie Lund", Roles.Merchandiser), ("Ida Holm", Roles.Merchandiser), ("Boris Admin", Roles.Admin), ("Otto Ops", Roles.Operations) })
        {
            await world.Accounts.AddAsync(new NewAccount($"{name.Split(' ')[0]}@example.com", name, role, false), Actor.Tower("test"));
        }
    }

    private static async Task<string> ToldAsync(NotificationWorld world) =>
        (await world.Database.ScalarAsync<string>("select coalesce(string_agg(a.name, ', ' order by a.name), '') from notification n join account a on a.id = n.person"))!;
}
