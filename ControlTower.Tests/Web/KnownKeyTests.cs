using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Settings;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Telemetry;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Ingress;
using ControlTower.Web.Pages.Overview;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>A slip in a key is told at the start, with the key that was meant; what can be set stands in the README.</summary>
public sealed class KnownKeyTests
{
    internal static readonly (string Section, Type Options)[] Sections =
    [
        (DatabaseOptions.Section, typeof(DatabaseOptions)), (AuditOptions.Section, typeof(AuditOptions)), (EstateOptions.Section, typeof(EstateOptions)), (FlowOptions.Section, typeof(FlowOptions)),
        (TelemetryOptions.Section, typeof(TelemetryOptions)), (TowerOptions.Section, typeof(TowerOptions)), (TowerAddress.Section, typeof(TowerAddress)), (StageLimits.Section, typeof(StageLimits)),
        (OverviewTargets.Section, typeof(OverviewTargets)), (IngressOptions.Section, typeof(IngressOptions)), (BreakerOptions.Section, typeof(BreakerOptions)),
        (RelayOptions.Section, typeof(RelayOptions)), (NotificationOptions.Section, typeof(NotificationOptions)), (AuthOptions.Section, typeof(AuthOptions)),
    ];

    [Fact]
    public async Task Every_unknown_key_is_refused_at_once_with_the_nearest_known_one()
    {
        (string Wrong, string Nearest)[] slips =
        [
            ("Tower:Rolls", "Tower:Roles"), ("Tower:PublicUri", "Tower:PublicUrl"), ("Telemetry:Endpoint", "Telemetry:OtlpEndpoint"), ("Flows:FraudReview", "Flows:FraudReviewAbove"),
            ("Estate:Seed", "Estate:SeedFile"), ("StageLimits:reserved", "StageLimits:Stages"), ("Targets:Answr", "Targets:Answer"), ("Ingress:BodyBudgetMB", "Ingress:BodyBudgetMiB"),
            ("Database:DataDir", "Database:DataDirectory"), ("Audit:Anchor", "Audit:AnchorFile"), ("Relay:Uri", "Relay:Url"), ("Notifications:AssignedAfter", "Notifications:AssignedAfterMinutes"),
        ];
        var failure = await FailureAsync([.. slips.Select(slip => $"{slip.Wrong}=web")]);
        Assert.All(slips, slip => Assert.Contains($"- {slip.Wrong} is no key that the tower reads. The nearest is {slip.Nearest}.", failure, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_values_of_telemetry_and_ingress_are_told_at_the_start_and_not_repeated()
    {
        var failure = await FailureAsync("Telemetry:OtlpEndpoint=http://user:password@collector:4317", "Telemetry:OtlpProtocol=smoke", "Ingress:BodyBudgetMiB=1");
        Assert.All(["Telemetry:OtlpEndpoint must be", "Telemetry:OtlpProtocol must be", "Ingress:BodyBudgetMiB must be"], words => Assert.Contains(words, failure, StringComparison.Ordinal));
        Assert.DoesNotContain("password", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("http://127.0.0.1:4317", true)]
    [InlineData("https://collector.example/otlp", true)]
    [InlineData("collector:4317", false)]
    [InlineData("ftp://collector", false)]
    [InlineData("/v1/traces", false)]
    public void The_receiver_is_an_http_address_or_none(string endpoint, bool sound) =>
        Assert.Equal(sound, new TelemetryOptionsValidator().Validate(null, new TelemetryOptions { OtlpEndpoint = endpoint }).Succeeded);

    [Fact]
    public async Task Keys_of_lists_and_tables_are_free_and_case_does_not_matter()
    {
        await using var tower = await TestTower.StartAsync(
            null, null, "Tower:Proxies:0=127.0.0.1", "tower:storezone=Europe/Berlin", "Flows:FraudReviewByCurrency:SEK=100000", "StageLimits:Stages:reserved=03:00:00", "Telemetry:OtlpEndpoint=");
        Assert.NotEmpty(tower.Url);
    }

    [Fact]
    public async Task The_table_in_the_README_names_every_key()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);
        Assert.All(Sections.SelectMany(s => KnownKeys.Of(s.Options).Select(key => $"`{s.Section}:{key}")), key => Assert.Contains(key, readme, StringComparison.Ordinal));
    }

    private static async Task<string> FailureAsync(params string[] settings)
    {
        await using var database = await TestDatabase.CreateAsync();
        var failure = await Assert.ThrowsAsync<StartupFailure>(() => TestTower.StartAsync(database: database, settings: settings));
        Assert.Equal(StartupFailure.Configuration, failure.ExitCode);
        return failure.Message;
    }
}
