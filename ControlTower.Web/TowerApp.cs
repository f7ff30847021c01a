using ControlTower.Data;
using ControlTower.Data.Db;
using ControlTower.Data.Settings;
using ControlTower.Sync;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Telemetry;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Ingress;
using ControlTower.Web.Pages.Overview;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlTower.Web;

/// <summary>The whole tower as a class: <c>Program</c> runs it, tests start it on a free loopback port.</summary>
public static class TowerApp
{
    /// <summary>Builds without starting. <paramref name="configure"/> runs first, so what it registers or sets wins over the defaults here.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // Named and rooted by hand, so that settings and assets are found from any working folder and from a test's process.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args, ApplicationName = typeof(TowerApp).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory,
        });
        builder.WebHost.UseStaticWebAssets();
        // A built tower serves what a published one does. Looking for newer files is for developers, and takes a route that matches every address.
        if (!builder.Environment.IsDevelopment())
            builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        builder.WebHost.ConfigureKestrel(Limits.Apply);
        configure?.Invoke(builder);
        AddServices(builder);
        var app = builder.Build();
        UsePipeline(app);
        return app;
    }

    /// <summary>Runs until told to stop. Returns the exit code: 0 after a clean stop, else the code of the start failure.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken stop = default)
    {
        try
        {
            await using var app = Build(args);
            using (var signals = new StopSignals(stop))
            {
                await app.Services.OpenTowerAsync(signals.Token);
            }

            await app.RunAsync(stop);
            return 0;
        }
        catch (StartupFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return failure.ExitCode;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Stop the other program, or choose another address with --urls.");
            return StartupFailure.Address;
        }
        catch (OperationCanceledException)
        {
            return 0; // Stopped while the database was being opened.
        }
    }

    private static void AddServices(WebApplicationBuilder builder)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        var tower = configuration.GetSection(TowerOptions.Section).Get<TowerOptions>() ?? new TowerOptions();
        builder.AddTowerLogs();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<TowerOptions>, TowerOptionsValidator>();
        services.AddOptions<TowerOptions>().BindConfiguration(TowerOptions.Section).ValidateOnStart();
        services.RefuseUnknownKeys<TowerOptions>(configuration, TowerOptions.Section, typeof(TowerAddress));
        services.AddTowerHealth();

        services.AddTowerData(configuration);
        services.AddTowerSync(configuration);
        var node = NodeIdentity.New(tower.Roles);
        services.AddSingleton(node);
        services.AddTowerTelemetry(configuration, node);
        if (tower.IsWorker)
            services.AddTowerWorker().AddTowerRelay(configuration).AddTowerPosFolder(configuration).AddTowerStatementFolder(configuration);
        else
            services.AddTowerBeat();

        services.AddTowerKeys(tower, tower.KeyFolderOr(configuration));
        if (!tower.IsWeb)
            return;
        services.AddTowerWeb(configuration, tower);
        services.RefuseUnknownKeys<OverviewTargets>(configuration, OverviewTargets.Section);
        services.RefuseUnknownKeys<IngressOptions>(configuration, IngressOptions.Section);
    }

    private static void UsePipeline(WebApplication app)
    {
        var tower = app.Configuration.GetSection(TowerOptions.Section).Get<TowerOptions>() ?? new TowerOptions();
        app.UseSecurityHeaders(tower.IsWeb ? app.Configuration.GetSection(AuthOptions.Section).Get<AuthOptions>()?.Origin : null);
        if (tower.IsWeb)
            app.UseTowerWeb(tower);
        app.MapTowerHealth();
        if (tower.IsWeb)
            app.MapTowerWeb();
    }
}
