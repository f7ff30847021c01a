using Bunit;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Notifications;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Triage;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Admin;
using ControlTower.Web.Pages.Connections;
using ControlTower.Web.Pages.Exceptions;
using ControlTower.Web.Pages.Exceptions.Repair;
using ControlTower.Web.Pages.Exports;
using ControlTower.Web.Pages.Notifications;
using ControlTower.Web.Pages.Operations;
using ControlTower.Web.Pages.OrderTimeline;
using ControlTower.Web.Pages.CaseOwnership;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor;
using MudBlazor.Services;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>
/// The page is open, the role is taken away, and the act arrives before the page has noticed: the desk refuses, says so, and the refusal stands in the audit. Nothing else does.
/// </summary>
public sealed class DeskDenialTests
{
    [Theory]
    [InlineData("retry", Permissions.ExceptionsRetry)]
    [InlineData("resolve", Permissions.ExceptionsResolve)]
    [InlineData("skip", Permissions.ExceptionsResolve)]
    [InlineData("reissue", Permissions.ExceptionsResolve)]
    [InlineData("comment", Permissions.ExceptionsAssign)]
    [InlineData("erase a message", Permissions.OrdersErase)]
    [InlineData("pause a batch", Permissions.ExceptionsRetry)]
    [InlineData("resume a batch", Permissions.ExceptionsRetry)]
    [InlineData("stop a batch", Permissions.ExceptionsRetry)]
    [InlineData("assign", Permissions.ExceptionsAssign)]
    [InlineData("end many", Permissions.ExceptionsResolve)]
    [InlineData("assign many", Permissions.ExceptionsAssign)]
    [InlineData("call off", Permissions.ExceptionsRetry)]
    [InlineData("snooze", Permissions.ExceptionsAssign)]
    [InlineData("save a view", Permissions.ExceptionsAssign)]
    [InlineData("edit", Permissions.ExceptionsEdit)]
    [InlineData("apply a rule", Permissions.ExceptionsEdit)]
    [InlineData("map", Permissions.ExceptionsEdit)]
    [InlineData("pause", Permissions.ConnectionsOperate)]
    [InlineData("resume", Permissions.ConnectionsOperate)]
    [InlineData("test", Permissions.ConnectionsOperate)]
    [InlineData("save", Permissions.ConnectionsConfigure)]
    [InlineData("try", Permissions.ConnectionsConfigure)]
    [InlineData("disable", Permissions.ConnectionsConfigure)]
    [InlineData("open the set-up", Permissions.ConnectionsConfigure)]
    [InlineData("check the data", Permissions.IntegrityCheck)]
    [InlineData("add a person", Permissions.AccountsWrite)]
    [InlineData("run the case rules", Permissions.ExceptionsRules)]
    [InlineData("send again", Permissions.NotificationsManage)]
    [InlineData("cancel an order", Permissions.OrdersCancel)]
    [InlineData("read personal data", Permissions.OrdersReadPersonal)]
    [InlineData("take a list along", Permissions.ExceptionsRead)]
    [InlineData("take the trail along", Permissions.AuditRead)]
    public async Task An_act_after_the_right_was_taken_away_is_refused_in_words_and_written_down(string act, string permission)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var (order, problem) = await OrderWorldStory.PlayAsync(tower.Database, stuck: 2);
        if (act == "resume")
            await tower.Database.ExecuteAsync("update connection set paused_at = now(), paused_by = 'Tess', paused_reason = 'stock count' where id = 'bc-eu'");
        await tower.PersonAsync(Roles.Admin); // There is always another one.
        var person = await tower.PersonAsync(Roles.Admin);
        await using var circuit = await Circuit.OpenAsync(tower, person, clock);
        long before = 0;

        var words = await circuit.ActAsync(act, order, problem, async () =>
        {
            before = await RowsAsync(tower);
            await tower.Services.GetRequiredService<AccountStore>().ChangeRoleAsync(person.Id, Roles.Executive, finance: false, Actor.Tower("test"));
            clock.Advance(SessionGate.Remembered);
        });

        Assert.Matches("Nothing was changed|may not|You need", words);
        // The change of the role itself, and the refusal.
        var rows = (await tower.Services.GetRequiredService<AuditReader>().LatestAsync(200)).Take((int)(await RowsAsync(tower) - before)).ToList();
        Assert.Equal(["admin:account:change-role", permission], rows.Select(row => row.Action).Order(StringComparer.Ordinal));
        var refusal = Assert.Single(rows, row => row.Outcome == "refused");
        Assert.Equal((permission, "page:act", (Guid?)person.Id), (refusal.Action, refusal.Subject, refusal.Actor.Id));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from connection_test where requested_by like '%Tester'"));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from export"));
    }

    private static Task<long> RowsAsync(TestTower tower) => tower.Database.ScalarAsync<long>("select count(*) from audit");

    /// <summary>A live page without a browser: real desks, a real session, and events that arrive whether or not a button is shown.</summary>
    private sealed class Circuit : IAsyncDisposable
    {
        private readonly BunitContext page = new();
        private readonly IServiceScope scope;
        private readonly Task<AuthenticationState> state;

        private Circuit(TestTower tower, System.Security.Claims.ClaimsPrincipal principal, TimeProvider clock)
        {
            (scope, state) = (tower.Services.CreateScope(), Task.FromResult(new AuthenticationState(principal)));
            page.JSInterop.Mode = JSRuntimeMode.Loose;
            page.Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
            page.Services.AddSingleton(clock);
            page.Services.AddSingleton<AuthenticationStateProvider>(new Stands(state));
            page.Services.AddSingleton(tower.Services.GetRequiredService<IAuthorizationService>());
            page.Services.AddSingleton(tower.Services.GetRequiredService<IAuthorizationPolicyProvider>());
            page.Services.AddScoped(own => new CurrentActor(
                tower.Services.GetRequiredService<IHttpContextAccessor>(), own, tower.Services.GetRequiredService<SessionGate>(), tower.Services.GetRequiredService<Denials>(), clock));
            page.Services.AddScoped(own => new AdminModel(
                tower.Services.GetRequiredService<AccountStore>(), tower.Services.GetRequiredService<LinkStore>(), tower.Services.GetRequiredService<IdentityStore>(),
                tower.Services.GetRequiredService<FactorStore>(), tower.Services.GetRequiredService<AuditReader>(), own.GetRequiredService<CurrentActor>()));
            page.Services.AddFallbackServiceProvider(scope.ServiceProvider);
            page.SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        }

        public static async Task<Circuit> OpenAsync(TestTower tower, Account person, TimeProvider clock)
        {
            var session = await tower.SessionAsync(person.Id, "127.0.0.1");
            var who = await tower.Services.GetRequiredService<SessionGate>().WhoAsync(session);
            return new Circuit(tower, who!.Principal(session), clock);
        }

        /// <summary>Opens the act's page, takes the right away, then acts. Returns what the page said.</summary>
        public async Task<string> ActAsync(string act, long order, long problem, Func<Task> takeAway)
        {
            switch (act)
            {
                case "retry" or "resolve" or "skip" or "reissue" or "assign" or "end many" or "assign many" or "call off" or "snooze" or "save a view":
                    {
                        if (act == "call off")
                            page.Services.GetRequiredService<NavigationManager>().NavigateTo($"/exceptions?case={problem}");
                        var desk = Open<ExceptionsPage>();
                        if (act == "call off")
                            desk.WaitForState(() => desk.HasComponent<RepairEditor>(), TimeSpan.FromSeconds(20));
                        await takeAway();
                        var set = await page.Services.GetRequiredService<CaseQueries>().SetAsync([problem]);
                        var row = (await page.Services.GetRequiredService<CaseQueries>().RowsAsync([problem]))[0];
                        await desk.InvokeAsync(() => act switch
                        {
                            "retry" => desk.FindComponent<RetryDialog>().Instance.OnConfirm.InvokeAsync(new RetryAsked([problem], BatchPlan.Standard, Guid.NewGuid())),
                            "assign" => desk.FindComponent<AssignDialog>().Instance.OnConfirm.InvokeAsync(new AssignAsked(new HandsAsked([row]), null, "", null)),
                            "end many" => desk.FindComponent<EndDialog>().Instance.OnConfirm.InvokeAsync((new EndingAsked(null, CaseEnding.Discarded) { Set = set }, "made by hand")),
                            "assign many" => desk.FindComponent<AssignDialog>().Instance.OnConfirm.InvokeAsync(new AssignAsked(new HandsAsked([]) { Set = set }, null, "", null)),
                            "call off" => desk.FindComponent<CasePane>().Instance.OnCallOff.InvokeAsync(),
                            "snooze" => desk.FindComponent<SnoozeDialog>().Instance.OnConfirm.InvokeAsync(new SnoozeAsked(new HandsAsked([row]), null, "")),
                            "save a view" => desk.FindComponent<SaveViewDialog>().Instance.OnConfirm.InvokeAsync(("Mine", true)),
                            "skip" => desk.FindComponent<EndDialog>().Instance.OnConfirm.InvokeAsync((new EndingAsked(row, CaseEnding.Skipped), "made by hand")),
                            "reissue" => desk.FindComponent<EndDialog>().Instance.OnConfirm.InvokeAsync((new EndingAsked(row, CaseEnding.Reissued), "made by hand")),
                            _ => desk.FindComponent<EndDialog>().Instance.OnConfirm.InvokeAsync((new EndingAsked(row, CaseEnding.Resolved), "made by hand")),
                        });
                        return Said();
                    }

                case "comment":
                    {
                        var box = Open<CaseCommentBox>(("CaseId", problem));
                        await box.Find("[data-ct=comment]").InputAsync(new ChangeEventArgs { Value = "They fix it today." });
                        await takeAway();
                        await box.Find("[data-ct=comment-form]").SubmitAsync();
                        return box.WaitForElement("[role=alert]", TimeSpan.FromSeconds(20)).TextContent;
                    }

                case "erase a message":
                    {
                        var dialogs = page.Render<MudDialogProvider>();
                        var erase = Open<EraseMessage>(("Case", problem), ("Open", false));
                        await erase.Find("[data-ct=erase-message]").ClickAsync();
                        await dialogs.WaitForElement("[data-ct=erase-message-reason]", TimeSpan.FromSeconds(20)).InputAsync(new ChangeEventArgs { Value = "asked for by mail" });
                        await takeAway();
                        await dialogs.Find("[data-ct=confirm-erase-message]").ClickAsync();
                        return Said();
                    }

                case "pause a batch" or "resume a batch" or "stop a batch":
                    {
                        var (desk, somebody) = (page.Services.GetRequiredService<BatchDesk>(), new Actor(null, "Tess Tester", Roles.Operations));
                        var batch = (await desk.StartAsync(new NewBatch(Guid.NewGuid(), [problem], "Cases", "made by hand", BatchPlan.Standard), somebody, default))!.Batch.Id;
                        if (act == "resume a batch")
                            await desk.PauseAsync(batch, (await page.Services.GetRequiredService<BatchQueries>().FindAsync(batch))!.Version, somebody, default);
                        var shown = Open<BatchPage>(("Id", batch));
                        var button = shown.WaitForElement($"[data-ct=batch-{act.Split(' ')[0]}]", TimeSpan.FromSeconds(20));
                        if (act == "stop a batch")
                        {
                            await button.ClickAsync();
                            button = shown.Find("[data-ct=batch-stop-sure]");
                        }

                        await takeAway();
                        await button.ClickAsync();
                        return shown.WaitForElement("[data-ct=batch-refused]", TimeSpan.FromSeconds(20)).TextContent;
                    }

                case "edit" or "apply a rule" or "map":
                    {
                        page.Services.GetRequiredService<NavigationManager>().NavigateTo($"/exceptions?case={problem}");
                        var desk = Open<ExceptionsPage>();
                        desk.WaitForState(() => desk.HasComponent<RepairEditor>(), TimeSpan.FromSeconds(20));
                        await takeAway();
                        await desk.InvokeAsync(() => act switch
                        {
                            "edit" => desk.FindComponent<RepairEditor>().Instance.OnSave.InvokeAsync(new EditAsked(problem, 0, "{}", "because of this")),
                            "map" => desk.FindComponent<MapDialog>().Instance.OnMap.InvokeAsync(new MapAsked(problem, "sku", "A", "B", "because of this")),
                            _ => desk.FindComponent<RuleDialog>().Instance.OnApply.InvokeAsync(new RuleAsked(new RulePreview(RuleText.Parse("set lines[*].sku to \"A\"").Rule!, []), "because of this", null)),
                        });
                        return Said();
                    }

                case "pause" or "resume" or "test":
                    {
                        var connection = Open<ConnectionPage>(("Id", "bc-eu"));
                        var button = connection.WaitForElement($"[data-ct={act}]", TimeSpan.FromSeconds(20));
                        if (act == "pause")
                            await button.ClickAsync();
                        await takeAway();
                        if (act == "pause")
                            await connection.InvokeAsync(() => connection.FindComponent<PauseBox>().Instance.OnPause.InvokeAsync("because"));
                        else
                            await button.ClickAsync();
                        return connection.WaitForElement("[data-ct=act-failed]", TimeSpan.FromSeconds(20)).TextContent;
                    }

                case "save" or "try" or "disable":
                    {
                        var setup = Open<ConnectionSetupPage>(("Id", "bc-eu"));
                        var form = setup.WaitForElement("[data-ct=connection-form]", TimeSpan.FromSeconds(20));
                        if (act == "disable")
                            await setup.Find("[data-ct=disable]").ClickAsync();
                        await takeAway();
                        if (act == "save")
                            await form.SubmitAsync();
                        else if (act == "try")
                            await setup.Find("[data-ct=try]").ClickAsync();
                        else
                            await setup.InvokeAsync(() => setup.FindComponent<DisableBox>().Instance.OnDisable.InvokeAsync("because"));
                        return setup.WaitForElement("[data-ct=act-failed]", TimeSpan.FromSeconds(20)).TextContent;
                    }

                case "open the set-up":
                    await takeAway();
                    return Open<ConnectionSetupPage>(("Id", "bc-eu")).WaitForElement("[role=alert]", TimeSpan.FromSeconds(20)).TextContent;

                case "check the data":
                    {
                        var operations = Open<OperationsPage>();
                        var button = operations.WaitForElement("[data-ct=check-now]", TimeSpan.FromSeconds(20));
                        await takeAway();
                        await button.ClickAsync();
                        return operations.WaitForElement("[data-ct=check-wrong]", TimeSpan.FromSeconds(20)).TextContent;
                    }

                case "run the case rules":
                    {
                        var model = new CaseOwnershipModel(
                            page.Services.GetRequiredService<AssignmentDesk>(), page.Services.GetRequiredService<AccountStore>(), page.Services.GetRequiredService<CurrentActor>());
                        await model.LoadAsync();
                        await takeAway();
                        var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => model.RunAsync(byRule: false));
                        return $"You need it: {refused.Message}";
                    }

                case "send again":
                    {
                        await takeAway();
                        var model = new NotificationsModel(
                            page.Services.GetRequiredService<NotificationDesk>(), page.Services.GetRequiredService<NotificationQueries>(), page.Services.GetRequiredService<CurrentActor>());
                        var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => model.AgainAsync(Guid.NewGuid()));
                        return $"You need it: {refused.Message}";
                    }

                case "add a person":
                    {
                        await takeAway();
                        var model = page.Services.GetRequiredService<AdminModel>();
                        var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => model.AddAsync(new PersonForm { Name = "Eve", Email = "eve@test.example", Role = Roles.Admin }));
                        return $"You need it: {refused.Message}";
                    }

                case "take a list along" or "take the trail along":
                    {
                        Func<ExportFormat, ExportAsked> ask = format => act == "take a list along" ? ExportWorld.Cases(format) : AuditExport.Ask(new AuditFilter(), format, "/admin/audit");
                        var menu = Open<ExportMenu>(("List", "/exceptions"), ("Count", (long?)20_000), ("Ask", ask));
                        await takeAway();
                        await menu.Find("[data-ct=export-xlsx]").ClickAsync();
                        return menu.Find("[data-ct=export-said]").TextContent;
                    }

                case "cancel an order":
                    {
                        var timeline = Open<OrderTimelinePage>(("Id", order));
                        await timeline.WaitForElement("[data-ct=cancel-order]", TimeSpan.FromSeconds(20)).ClickAsync();
                        timeline.WaitForState(() => timeline.FindComponent<CancelDialog>().Instance.Outlook is not null, TimeSpan.FromSeconds(20));
                        await takeAway();
                        await timeline.InvokeAsync(() => timeline.FindComponent<CancelDialog>().Instance.OnConfirm.InvokeAsync("bought twice"));
                        return Said();
                    }

                default:
                    {
                        var timeline = Open<OrderTimelinePage>(("Id", order));
                        page.Services.GetRequiredService<NavigationManager>().NavigateTo($"/orders/{order}?view=list");
                        timeline.WaitForState(() => timeline.HasComponent<StoryTable>(), TimeSpan.FromSeconds(20));
                        var table = timeline.FindComponent<StoryTable>().Instance;
                        await takeAway();
                        await timeline.InvokeAsync(() => table.OnRead.InvokeAsync(table.Lines.First(line => line.MessageId is not null || line.CallId is not null)));
                        return Said();
                    }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await page.DisposeAsync();
            scope.Dispose();
        }

        private string Said() => string.Join(' ', page.Services.GetRequiredService<ISnackbar>().ShownSnackbars.Select(said => said.Message));

        private IRenderedComponent<TPage> Open<TPage>(params (string Name, object Value)[] parameters)
            where TPage : IComponent
        {
            void Draw(RenderTreeBuilder builder)
            {
                builder.OpenComponent<CascadingValue<Task<AuthenticationState>>>(0);
                builder.AddAttribute(1, "Value", state);
                builder.AddAttribute(2, "ChildContent", (RenderFragment)(inner =>
                {
                    inner.OpenComponent<TPage>(0);
                    foreach (var (name, value) in parameters)
                        inner.AddAttribute(1, name, value);
                    inner.CloseComponent();
                }));
                builder.CloseComponent();
            }

            return page.Render<TPage>(Draw);
        }

        private sealed class Stands(Task<AuthenticationState> state) : AuthenticationStateProvider
        {
            public override Task<AuthenticationState> GetAuthenticationStateAsync() => state;
        }
    }
}
