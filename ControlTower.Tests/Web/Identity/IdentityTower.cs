using ControlTower.Tests.Support;
using ControlTower.Web.Auth.Authorities;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace ControlTower.Tests.Web.Identity;

/// <summary>A tower that asks a <see cref="TestAuthority"/>.</summary>
internal static class IdentityTower
{
    public static Task<TestTower> StartAsync(TestAuthority authority, params string[] settings) =>
        TestTower.StartAsync(authority.Tenant is null ? null : builder => OverPlainHttp(builder, authority), null, [.. authority.Settings, .. settings]);

    // Microsoft.Identity.Web speaks to Microsoft's addresses over https alone, for the issuer's aliases as well. The expected issuer is compared all the same.
    private static void OverPlainHttp(WebApplicationBuilder builder, TestAuthority authority) =>
        builder.Services.PostConfigure<OpenIdConnectOptions>(AuthorityDoor.Scheme, options =>
        {
            options.RequireHttpsMetadata = false;
            options.TokenValidationParameters.IssuerValidator = (issuer, _, _) => issuer == authority.Issuer ? issuer : throw new SecurityTokenInvalidIssuerException($"{issuer} is not {authority.Issuer}");
        });

    public static Task<long> OpenSessionsAsync(this TestTower tower) => tower.Database.ScalarAsync<long>("select count(*) from account_session where ended_at is null");
}
