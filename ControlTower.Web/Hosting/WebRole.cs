using System.Globalization;
using System.Net;
using ControlTower.Sync;
using ControlTower.Sync.Configuration;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Ingress;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Configuration;
using ControlTower.Web.Pages.Exports;
using ControlTower.Web.Pages.Kpis;
using ControlTower.Web.Pages.PosImports;
using ControlTower.Web.Pages.Orders;
using ControlTower.Web.Pages.Ownership;
using ControlTower.Web.Pages.Promotions;
using ControlTower.Web.Pages.Reconciliation;
using ControlTower.Web.Pages.Incidents;
using ControlTower.Web.Shared;
using Hangfire;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.SignalR;
using MudBlazor;
using MudBlazor.Services;

namespace ControlTower.Web.Hosting;

/// <summary>What a node with the web role serves: pages, sign-in, later the API. A worker has none of it.</summary>
internal static class WebRole
{
    public static void AddTowerWeb(this IServiceCollection services, IConfiguration configuration, TowerOptions tower)
    {
        services.AddTowerAuth(configuration);
        services.AddIngressDoor();
        services.AddGovernedApi();
        services.AddSingleton<LiveFeed>();
        services.AddTowerHub();
        services.AddScoped<ShellState>();
        services.AddScoped<KeyFeed>();
        services.AddScoped<AgeTicker>();
        services.AddTransient<ActGuard>();
        services.AddScoped<Pages.Admin.AdminModel>();
        services.AddScoped<Pages.CaseOwnership.CaseOwnershipModel>();
        services.AddScoped<Pages.Notifications.NotificationsModel>();
        services.AddOrderScreens();
        services.AddPromotionScreens();
        services.AddReconScreens();
        services.AddIncidentScreens();
        services.AddKpiScreens();
        services.AddOwnershipScreens();
        services.AddOperationsScreens();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "ct-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddHsts(options => options.MaxAge = TimeSpan.FromDays(365));
        services.AddRazorComponents().AddInteractiveServerComponents(options =>
        {
            options.DetailedErrors = false;
            // A browser that sleeps for longer comes back by loading the page again: the address holds its state.
            options.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(2);
            options.DisconnectedCircuitMaxRetained = 40;
            options.JSInteropDefaultCallTimeout = TimeSpan.FromSeconds(20);
        }).AddHubOptions(options =>
        {
            options.MaximumReceiveMessageSize = 128 * 1024;
            // A third of what boot.js waits for before it says that the connection is lost.
            options.KeepAliveInterval = TimeSpan.FromSeconds(4);
        });
        services.AddMudServices(options =>
        {
            options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomLeft;
            options.SnackbarConfiguration.MaxDisplayedSnackbars = 3;
            options.SnackbarConfiguration.VisibleStateDuration = 10_000;
            options.SnackbarConfiguration.PreventDuplicates = true;
            options.SnackbarConfiguration.MaximumOpacity = 100;
            options.SnackbarConfiguration.ShowTransitionDuration = 100;
            options.SnackbarConfiguration.HideTransitionDuration = 100;
        });
        services.AddAdministration(provider => new KnownApi(
            [.. Scopes.All.Select(known => known.Scope)], ApiOperation.Ids(provider.GetRequiredService<EndpointDataSource>())));
        services.Configure<ForwardedHeadersOptions>(options => Believe(options, tower));
    }

    public static void UseTowerWeb(this WebApplication app, TowerOptions tower)
    {
        // Numbers and dates are written for the viewer where they are shown; the thread stays neutral, so that no markup depends on a server's locale.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        if (tower.Proxies.Length > 0)
            app.UseForwardedHeaders();
        if (!app.Environment.IsDevelopment())
            app.UseHsts();
        app.UseStatusPages();
        app.UseSameOrigin();
        app.UseHeadAsGet();
        app.UseWallDoor();
        app.UseRouting();
        app.UseSoundMethods();
        app.UseApiWatch();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseGovernedApi();
        app.UseAntiforgery();
        app.UseSoundForms();
    }

    public static void MapTowerWeb(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapExports();
        app.MapFeeds();
        app.MapKpiExports();
        app.MapImports();
        app.MapIncidents();
        app.MapConfiguration();
        app.MapGet("/theme.css", () => Results.Text(TowerTheme.Css, "text/css")).AllowAnonymous();
        app.MapTowerAuth();
        app.MapIngress();
        app.MapGovernedApi();
        app.MapHub<TowerHub>(TowerHub.Path);
        app.MapHangfireDashboardWithAuthorizationPolicy(Permissions.JobsAdminister, "/hangfire", new DashboardOptions { Authorization = [], DisplayStorageConnectionString = false, DashboardTitle = "ControlTower jobs" });
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options =>
            {
                options.ContentSecurityFrameAncestorsPolicy = "'none'";
                // A compressed circuit keeps some 300 KB of windows in native memory, as much as all else of it, and has secrets and words from outside in one stream.
                options.DisableWebSocketCompression = true;
            })
            .Add(endpoint =>
            {
                CircuitNeedsSession(endpoint);
                SoundMethods.ReadOnlyUnlessForm(endpoint);
            });
    }

    // Pages name their own permission; the circuit behind them and its scripts are the framework's and get theirs here.
    private static void CircuitNeedsSession(EndpointBuilder endpoint)
    {
        var pattern = (endpoint as RouteEndpointBuilder)?.RoutePattern.RawText?.TrimStart('/') ?? "";
        if (pattern.StartsWith("_blazor", StringComparison.Ordinal))
            endpoint.Metadata.Add(new Microsoft.AspNetCore.Authorization.AuthorizeAttribute(Permissions.CircuitOpen));
        else if (pattern.StartsWith("_framework", StringComparison.Ordinal))
            endpoint.Metadata.Add(new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute());
    }

    // Forwarded headers from anybody else are somebody pretending: dashboards and limits would believe them.
    private static void Believe(ForwardedHeadersOptions options, TowerOptions tower)
    {
        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in tower.Proxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
                options.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(proxy, out var network))
                options.KnownIPNetworks.Add(network);
        }
    }
}
