using Bunit;
using ControlTower.Web.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;

namespace ControlTower.Tests.Web.Shared;

/// <summary>What every part needs to be drawn: MudBlazor, a clock that stands still, the ticker.</summary>
public sealed class PartsContext : BunitContext
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);

    // A second is nothing on a busy machine.
    static PartsContext() => DefaultWaitTimeout = TimeSpan.FromSeconds(30);

    public PartsContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddScoped<AgeTicker>();
    }

    public FakeTimeProvider Clock { get; } = new(Noon);
}
