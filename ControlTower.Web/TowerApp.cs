using ControlTower.Data;
using ControlTower.Data.Db;
using ControlTower.Web.Hosting;
using ControlTower.Web.Layout;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MudBlazor.Services;

namespace ControlTower.Web;

/// <summary>The whole tower as a class: <c>Program</c> runs it, tests start it on a free loopback port.</summary>
public static class TowerApp
{
    /// <summary>Builds without starting. <paramref name="configure"/> runs first, so what it registers or sets wins over the defaults here.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.UseStaticWebAssets();
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
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<TowerOptions>, TowerOptionsValidator>();
        services.AddOptions<TowerOptions>().BindConfiguration(TowerOptions.Section).ValidateOnStart();

        services.AddTowerData(builder.Configuration);
        services.AddTowerHealth();

        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices();
    }

    private static void UsePipeline(WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapTowerHealth();
        app.MapGet("/theme.css", () => Results.Text(TowerTheme.Css, "text/css")).AllowAnonymous();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'");
    }
}
