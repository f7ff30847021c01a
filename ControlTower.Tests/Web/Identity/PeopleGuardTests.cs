using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Admin;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>What people may not do to people.</summary>
public sealed class PeopleGuardTests
{
    [Fact]
    public async Task Nobody_raises_themselves_and_the_last_admin_stays_and_both_tries_are_in_the_audit()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, admin) = (await tower.PersonAsync(Roles.Operations), await tower.PersonAsync(Roles.Admin));
        await using (var own = await OpenScope.OfAsync(tower, await tower.SessionAsync(person.Id, "127.0.0.1")))
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => own.Admin.ChangeAsync(new PersonForm { Id = person.Id, Role = Roles.Admin, Finance = true }));
        Assert.Equal("Operations", await tower.Database.ScalarAsync<string>($"select role from account where id = '{person.Id}'"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>($"select count(*) from audit where action = '{Permissions.AccountsWrite}' and outcome = 'refused' and actor_id = '{person.Id}'"));

        await using var last = await OpenScope.OfAsync(tower, await tower.SessionAsync(admin.Id, "127.0.0.1"));
        Assert.Contains("last admin", await last.Admin.ChangeAsync(new PersonForm { Id = admin.Id, Role = Roles.Executive }), StringComparison.Ordinal);
        Assert.Contains("last admin", await last.Admin.DisableAsync(admin.Id, "going away"), StringComparison.Ordinal);
        Assert.Equal("admin:account:change-role admin:account:disable", await tower.Database.ScalarAsync<string>("select string_agg(action, ' ' order by seq) from audit where outcome = 'refused' and reason = 'the last admin'"));
    }
}
