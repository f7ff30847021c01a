namespace ControlTower.Data.Configuration;

/// <summary>Everything that the configuration file holds, in the order in which it is applied: what others name comes first. Secrets, keys, pauses and people are in none of them.</summary>
public static class ConfigurationSections
{
    private const string CaseOf = "insert into case_reckon (currency) select $1 ->> 'currency'";

    public static IReadOnlyList<ConfigurationSection> All { get; } =
    [
        Connections(), Locations(), Mappings(), AssignmentRules(), CaseClasses(), Remedies(), IncidentRules(), KpiTargets(), KpiAssumptions(), NotificationSections.Channels(), Currencies(),
        StockRules(), StockWatches(), SafetyStocks(), ReconciliationLimits(), ReconciliationRules(), BreakSections.Owners(), BreakSections.Times(), FeedSections.Feeds(), FeedSections.Order(), Sequence(), ApiClients(), ApiLimits(), StageLimits(), Schedules(), Retention(),
    ];

    /// <summary>Null if there is no such section.</summary>
    public static ConfigurationSection? Find(string name) => All.FirstOrDefault(section => section.Name == name);

    private static ConfigurationSection Connections() => new(
        "connections", "Connections", "connections:connection:configure", "connection:",
        [
            new("id", Most: 63, IsKey: true), new("kind", Most: 40), new("name", Most: 100), new("brand", Most: 60), new("region", Most: 20, MayBeNull: true), new("currency", Most: 3, MayBeNull: true),
            new("timeZone", Most: 60), new("postsTo", Most: 63, MayBeNull: true), new("settings", FieldShape.Map, Most: 200),
        ],
        """
        select jsonb_build_object('id', id, 'kind', kind, 'name', name, 'brand', brand, 'region', region, 'currency', currency, 'timeZone', time_zone, 'postsTo', posts_to, 'settings', settings)
        from connection
        """,
        // The role follows from the kind and is added to the item by whoever knows kinds. A new one waits, disabled, for its secrets.
        """
        insert into connection as c (id, kind, role, name, brand, region, currency, time_zone, posts_to, settings, disabled_at, disabled_by, disabled_reason)
        select $1 ->> 'id', $1 ->> 'kind', $1 ->> 'role', $1 ->> 'name', $1 ->> 'brand', $1 ->> 'region', $1 ->> 'currency', $1 ->> 'timeZone', $1 ->> 'postsTo', $1 -> 'settings',
            now(), $2, 'Came with a configuration file. Enter its secrets, test it, then enable it.'
        on conflict (id) do update set name = excluded.name, brand = excluded.brand, region = excluded.region, currency = excluded.currency, time_zone = excluded.time_zone,
            posts_to = excluded.posts_to, settings = excluded.settings, subscribed_at = null, version = c.version + 1, updated_at = now() where c.kind = excluded.kind
        """,
        "insert into connection_gate (connection_id) select $1 ->> 'id' on conflict do nothing")
    {
        Stays = "A connection is never deleted, for orders and calls point at it. Disable it on its page.",
        Untouched = "There is a connection of another kind under this key.",
    };

    private static ConfigurationSection Locations() => new(
        "locations", "Places", "promotions:store:write", "location:",
        [
            new("id", Most: 60, IsKey: true), new("name", Most: 200), new("kind", Most: 9), new("brand", Most: 200, MayBeNull: true), new("region", Most: 200, MayBeNull: true), new("timeZone", Most: 60, MayBeNull: true),
            new("priceGroups", FieldShape.Texts, Most: 20),
        ],
        "select jsonb_build_object('id', id, 'name', name, 'kind', kind, 'brand', brand, 'region', region, 'timeZone', time_zone, 'priceGroups', price_groups) from location",
        """
        insert into location (id, name, kind, brand, region, time_zone, price_groups)
        select $1 ->> 'id', $1 ->> 'name', $1 ->> 'kind', $1 ->> 'brand', $1 ->> 'region', $1 ->> 'timeZone', array(select jsonb_array_elements_text($1 -> 'priceGroups'))
        on conflict (id) do update set name = excluded.name, kind = excluded.kind, brand = excluded.brand, region = excluded.region, time_zone = excluded.time_zone, price_groups = excluded.price_groups
        """)
    { Stays = "Stock and orders point at a place, so it is not removed." };

    private static ConfigurationSection Mappings()
    {
        const string One = "connection_id = $1 ->> 'connection' and kind = $1 ->> 'kind' and from_value = $1 ->> 'from' and removed_at is null";
        return new(
            "mappings", "Mappings", "exceptions:mapping:put", "mapping:",
            [new("connection", Most: 63, IsKey: true), new("kind", Most: 20, IsKey: true), new("from", Most: 120, IsKey: true), new("to", Most: 120)],
            "select jsonb_build_object('connection', connection_id, 'kind', kind, 'from', from_value, 'to', to_value) from mapping where removed_at is null",
            $"update mapping set removed_at = now(), removed_by = $2 where {One}",
            "insert into mapping (connection_id, kind, from_value, to_value, fingerprint, who, who_id, why) select $1 ->> 'connection', $1 ->> 'kind', $1 ->> 'from', $1 ->> 'to', '', $2, $3, $4")
        { Remove = $"update mapping set removed_at = now(), removed_by = $2 where {One}" };
    }

    private static ConfigurationSection AssignmentRules()
    {
        const string Nth = "(select id from (select id, row_number() over (order by position) as n from assignment_rule) o where n = ($1 ->> 'position')::integer)";
        return new(
            "assignmentRules", "Case ownership", "exceptions:rules:manage", "assignment-rule:",
            [
                new("position", FieldShape.Whole, Most: 200, IsKey: true), new("failure", Most: 40, MayBeNull: true), new("brand", Most: 60, MayBeNull: true), new("shop", Most: 63, MayBeNull: true),
                new("location", Most: 60, MayBeNull: true), new("target", Most: 63, MayBeNull: true), new("assignee", Most: 254),
            ],
            """
            select jsonb_build_object('position', row_number() over (order by r.position), 'failure', r.failure, 'brand', r.brand, 'shop', r.shop, 'location', r.location, 'target', r.target, 'assignee', a.email)
            from assignment_rule r join account a on a.id = r.assignee
            """,
            $"""
            update assignment_rule r set failure = $1 ->> 'failure', brand = $1 ->> 'brand', shop = $1 ->> 'shop', location = $1 ->> 'location', target = $1 ->> 'target', assignee = a.id
            from account a where a.email = lower($1 ->> 'assignee') and r.id = {Nth}
            """,
            """
            insert into assignment_rule (position, failure, brand, shop, location, target, assignee)
            select (select coalesce(max(position), 0) + 1 from assignment_rule), $1 ->> 'failure', $1 ->> 'brand', $1 ->> 'shop', $1 ->> 'location', $1 ->> 'target', a.id
            from account a where a.email = lower($1 ->> 'assignee') and (select count(*) from assignment_rule) = ($1 ->> 'position')::integer - 1
            """)
        {
            Remove = $"delete from assignment_rule where id = {Nth}",
            Then = ["update assignment_rules set version = version + 1"],
            Untouched = "Nobody signs in here with this address, or a position before this one is missing. Invite the person under Admin, or number the rules 1, 2, 3 without gaps.",
        };
    }

    private static ConfigurationSection CaseClasses() => new(
        "caseClasses", "Kinds of failure", "exceptions:class:configure", "class:",
        [new("failure", Most: 40, IsKey: true), new("loss", FieldShape.Number), new("runbook", Most: 500, MayBeNull: true), new("keepResolvedDays", FieldShape.Whole, Most: 3650), new("keepDiscardedDays", FieldShape.Whole, Most: 3650)],
        """
        select jsonb_build_object('failure', failure, 'loss', loss, 'runbook', runbook, 'keepResolvedDays', (extract(epoch from keep_resolved) / 86400)::integer, 'keepDiscardedDays', (extract(epoch from keep_discarded) / 86400)::integer)
        from case_class
        """,
        """
        update case_class set loss = ($1 ->> 'loss')::numeric, runbook = $1 ->> 'runbook', keep_resolved = make_interval(days => ($1 ->> 'keepResolvedDays')::integer),
            keep_discarded = make_interval(days => ($1 ->> 'keepDiscardedDays')::integer), version = version + 1 where failure = $1 ->> 'failure'
        """)
    { Stays = "Kinds of failure belong to the tower.", Then = ["insert into case_reckon (failure) select $1 ->> 'failure'"], Untouched = "The tower knows no such kind of failure." };

    private static ConfigurationSection Remedies() => new(
        "remedies", "What to do about failures", "exceptions:remedy:write", "remedy:",
        [new("failure", Most: 40, IsKey: true), new("code", Most: 120, IsKey: true), new("advice", Most: 1000), new("runbook", Most: 500, MayBeNull: true)],
        "select jsonb_build_object('failure', failure, 'code', code, 'advice', advice, 'runbook', runbook) from remedy",
        """
        insert into remedy as r (failure, code, advice, runbook, changed_by) select $1 ->> 'failure', $1 ->> 'code', $1 ->> 'advice', $1 ->> 'runbook', $2
        on conflict (failure, code) do update set advice = excluded.advice, runbook = excluded.runbook, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    { Remove = "delete from remedy where failure = $1 ->> 'failure' and code = $1 ->> 'code'" };

    private static ConfigurationSection IncidentRules() => new(
        "incidentRules", "Incident rules", "incidents:rule:write", "incident-rule:",
        [new("kind", Most: 40, IsKey: true), new("active", FieldShape.Flag), new("afterMinutes", FieldShape.Whole, Most: 1440), new("most", FieldShape.Whole, Most: 1_000_000), new("severity", Most: 20), new("takeMinutes", FieldShape.Whole, Most: 1440)],
        "select jsonb_build_object('kind', kind, 'active', active, 'afterMinutes', after_minutes, 'most', most, 'severity', severity, 'takeMinutes', take_minutes) from incident_rule",
        """
        update incident_rule set active = ($1 ->> 'active')::boolean, after_minutes = ($1 ->> 'afterMinutes')::integer, most = ($1 ->> 'most')::integer, severity = $1 ->> 'severity',
            take_minutes = ($1 ->> 'takeMinutes')::integer, version = version + 1, changed_by = $2, changed_at = now() where kind = $1 ->> 'kind'
        """)
    { Stays = "The conditions belong to the tower. Switch the rule off instead.", Untouched = "The tower knows no such condition." };

    private static ConfigurationSection KpiTargets() => new(
        "kpiTargets", "Targets of key figures", "kpis:target:write", "kpi/",
        [new("kpi", Most: 60, IsKey: true), new("brand", Most: 60, IsKey: true), new("target", FieldShape.Number, MayBeNull: true), new("objective", FieldShape.Number, MayBeNull: true), new("owner", Most: 100), new("words", Most: 500)],
        """
        select jsonb_build_object('kpi', kpi, 'brand', brand, 'target', target, 'objective', objective, 'owner', owner, 'words', words)
        from (select distinct on (kpi, brand) * from kpi_target order by kpi, brand, since desc, id desc) t where target is not null or objective is not null
        """,
        """
        insert into kpi_target (kpi, brand, target, objective, owner, words, set_by, key)
        select $1 ->> 'kpi', $1 ->> 'brand', ($1 ->> 'target')::double precision, ($1 ->> 'objective')::double precision, $1 ->> 'owner', $1 ->> 'words', $2, gen_random_uuid()
        """)
    { Remove = "insert into kpi_target (kpi, brand, owner, words, set_by, key) select $1 ->> 'kpi', $1 ->> 'brand', $1 ->> 'owner', left($4, 500), $2, gen_random_uuid()" };

    private static ConfigurationSection KpiAssumptions() => new(
        "kpiAssumptions", "What costs are reckoned with", "kpis:assumption:write", "kpi/assumption/",
        [new("name", Most: 60, IsKey: true), new("value", FieldShape.Number), new("words", Most: 500)],
        "select jsonb_build_object('name', name, 'value', value, 'words', words) from (select distinct on (name) * from kpi_assumption order by name, since desc, id desc) a",
        "insert into kpi_assumption (name, value, words, set_by, key) select $1 ->> 'name', ($1 ->> 'value')::numeric, $1 ->> 'words', $2, gen_random_uuid()")
    { Stays = "Costs are reckoned with some value in any case. Set another one." };

    private static ConfigurationSection Currencies() => new(
        "currencies", "Currencies", "admin:currency:write", "currency:",
        [new("currency", Most: 3, IsKey: true), new("rate", FieldShape.Number), new("asOf", Most: 10)],
        "select jsonb_build_object('currency', currency, 'rate', rate, 'asOf', to_char(as_of, 'YYYY-MM-DD')) from currency_rate",
        """
        insert into currency_rate as r (currency, rate, as_of, changed_by) select $1 ->> 'currency', ($1 ->> 'rate')::numeric, ($1 ->> 'asOf')::date, $2
        on conflict (currency) do update set rate = excluded.rate, as_of = excluded.as_of, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    { Remove = "delete from currency_rate where currency = $1 ->> 'currency'", Then = [CaseOf] };

    private static ConfigurationSection StockRules() => new(
        "stockRules", "What is kept from channels", "inventory:rule:write", "stock-rule:",
        [
            new("sku", Most: 100, IsKey: true, MayBeNull: true), new("location", Most: 60, IsKey: true, MayBeNull: true), new("channel", Most: 63, IsKey: true, MayBeNull: true), new("excluded", FieldShape.Flag),
            new("buffer", FieldShape.Whole, Most: 1_000_000), new("bufferPercent", FieldShape.Number),
        ],
        "select jsonb_build_object('sku', sku, 'location', location, 'channel', connection_id, 'excluded', excluded, 'buffer', buffer, 'bufferPercent', buffer_percent) from channel_rule",
        """
        insert into channel_rule as r (sku, location, connection_id, excluded, buffer, buffer_percent, changed_by)
        select $1 ->> 'sku', $1 ->> 'location', $1 ->> 'channel', ($1 ->> 'excluded')::boolean, ($1 ->> 'buffer')::integer, ($1 ->> 'bufferPercent')::numeric, $2
        on conflict on constraint channel_rule_once do update set excluded = excluded.excluded, buffer = excluded.buffer, buffer_percent = excluded.buffer_percent, changed_by = excluded.changed_by,
            changed_at = now(), revision = r.revision + 1
        """)
    {
        Remove = "delete from channel_rule where sku is not distinct from $1 ->> 'sku' and location is not distinct from $1 ->> 'location' and connection_id is not distinct from $1 ->> 'channel'",
    };

    private static ConfigurationSection StockWatches() => new(
        "stockWatches", "Watched levels", "inventory:rule:write", "stock-watch:",
        [new("sku", Most: 100, IsKey: true), new("location", Most: 60, IsKey: true, MayBeNull: true), new("below", FieldShape.Whole, Most: 1_000_000), new("again", FieldShape.Whole, Most: 1_000_000)],
        "select jsonb_build_object('sku', sku, 'location', location, 'below', below, 'again', again) from stock_watch",
        """
        insert into stock_watch as w (sku, location, below, again, changed_by) select $1 ->> 'sku', $1 ->> 'location', ($1 ->> 'below')::integer, ($1 ->> 'again')::integer, $2
        on conflict on constraint stock_watch_once do update set below = excluded.below, again = excluded.again, changed_by = excluded.changed_by, changed_at = now(), revision = w.revision + 1
        """)
    {
        Remove = "delete from stock_watch where sku = $1 ->> 'sku' and location is not distinct from $1 ->> 'location'",
        Then = ["insert into stock_watch_moved (sku) select $1 ->> 'sku'"],
    };

    private static ConfigurationSection SafetyStocks() => new(
        "safetyStock", "Safety stock", "inventory:safety:write", "stock:",
        [new("sku", Most: 100, IsKey: true), new("location", Most: 60, IsKey: true), new("pieces", FieldShape.Whole, Most: 1_000_000)],
        "select jsonb_build_object('sku', sku, 'location', location, 'pieces', safety) from stock where safety > 0",
        """
        insert into stock (sku, location) select $1 ->> 'sku', $1 ->> 'location' where exists (select from location l where l.id = $1 ->> 'location') on conflict do nothing
        """,
        // Only what nobody was promised can be kept back.
        """
        update stock s set safety = p.pieces, updated_at = now(), oversold = least(s.oversold, greatest(s.reserved - greatest(s.on_hand - p.pieces, 0), 0))
        from (select ($1 ->> 'pieces')::integer as pieces) p
        where s.sku = $1 ->> 'sku' and s.location = $1 ->> 'location' and s.reserved <= greatest(s.on_hand - p.pieces, 0) + s.oversold
        """)
    {
        Remove = "update stock set safety = 0, updated_at = now() where sku = $1 ->> 'sku' and location = $1 ->> 'location' and safety > 0",
        Untouched = "There is no such place, or more is promised there than would be left. Keep back less.",
    };

    private static ConfigurationSection ReconciliationLimits() => new(
        "reconciliationLimits", "Who may take differences upon themselves", "finance:rule:write", "recon-limit:",
        [new("role", Most: 40, IsKey: true), new("currency", Most: 3, IsKey: true), new("most", FieldShape.Number)],
        "select jsonb_build_object('role', role, 'currency', currency, 'most', most) from recon_limit",
        """
        insert into recon_limit (role, currency, most, changed_by) select $1 ->> 'role', $1 ->> 'currency', ($1 ->> 'most')::numeric, $2
        on conflict (role, currency) do update set most = excluded.most, changed_by = excluded.changed_by, changed_at = now()
        """)
    { Remove = "delete from recon_limit where role = $1 ->> 'role' and currency = $1 ->> 'currency'" };

    private static ConfigurationSection ReconciliationRules() => new(
        "reconciliationRules", "Rules of reconciliation", "finance:rule:write", "recon-rule:",
        [
            new("comparison", Most: 60, IsKey: true), new("name", Most: 100, IsKey: true), new("kind", Most: 20), new("position", FieldShape.Whole, Most: 100_000), new("source", Most: 63, MayBeNull: true),
            new("currency", Most: 3, MayBeNull: true), new("above", FieldShape.Number), new("below", FieldShape.Number), new("abovePercent", FieldShape.Number), new("belowPercent", FieldShape.Number),
            new("daysBefore", FieldShape.Whole, Most: 366), new("daysAfter", FieldShape.Whole, Most: 366), new("pattern", MayBeNull: true), new("method", Most: 60, MayBeNull: true), new("confirms", FieldShape.Flag),
            new("account", Most: 60, MayBeNull: true), new("active", FieldShape.Flag),
        ],
        """
        select jsonb_build_object('comparison', comparison, 'name', name, 'kind', kind, 'position', position, 'source', source, 'currency', currency, 'above', above, 'below', below, 'abovePercent', above_percent,
            'belowPercent', below_percent, 'daysBefore', days_before, 'daysAfter', days_after, 'pattern', pattern, 'method', method, 'confirms', confirms, 'account', account, 'active', active)
        from recon_rule
        """,
        """
        insert into recon_rule as r (comparison, name, kind, position, source, currency, above, below, above_percent, below_percent, days_before, days_after, pattern, method, confirms, account, active, changed_by)
        select f.comparison, f.name, f.kind, f.position, f.source, f.currency, f.above, f.below, f."abovePercent", f."belowPercent", f."daysBefore", f."daysAfter", f.pattern, f.method, f.confirms, f.account, f.active, $2
        from jsonb_to_record($1) f (comparison text, name text, kind text, position integer, source text, currency text, above numeric, below numeric, "abovePercent" numeric, "belowPercent" numeric, "daysBefore" integer,
            "daysAfter" integer, pattern text, method text, confirms boolean, account text, active boolean)
        on conflict (comparison, name) do update set kind = excluded.kind, position = excluded.position, source = excluded.source, currency = excluded.currency, above = excluded.above, below = excluded.below,
            above_percent = excluded.above_percent, below_percent = excluded.below_percent, days_before = excluded.days_before, days_after = excluded.days_after, pattern = excluded.pattern, method = excluded.method,
            confirms = excluded.confirms, account = excluded.account, active = excluded.active, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    {
        Stays = "What a rule matched names it. Switch the rule off instead.",
        Then = ["insert into recon_dirty (comparison, group_key) select comparison, group_key from recon_item where comparison = $1 ->> 'comparison' and state <> 'closed'"],
    };

    private static ConfigurationSection Sequence() => new(
        "sequence", "Order of systems", "promotions:sequence:write", "sequence-rule:",
        [new("domain", Most: 20, IsKey: true), new("first", Most: 60, IsKey: true), new("later", Most: 60, IsKey: true), new("enabled", FieldShape.Flag)],
        "select jsonb_build_object('domain', domain, 'first', first, 'later', later, 'enabled', enabled) from sequence_rule",
        """
        insert into sequence_rule as r (domain, first, later, enabled, changed_by) select $1 ->> 'domain', $1 ->> 'first', $1 ->> 'later', ($1 ->> 'enabled')::boolean, $2
        on conflict (domain, first, later) do update set enabled = excluded.enabled, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    { Remove = "delete from sequence_rule where domain = $1 ->> 'domain' and first = $1 ->> 'first' and later = $1 ->> 'later'" };

    private static ConfigurationSection ApiClients() => new(
        "apiClients", "API clients", "admin:client:manage", "client:",
        [new("name", Most: 100, IsKey: true), new("scopes", FieldShape.Texts, Most: 60), new("channels", FieldShape.Texts, Most: 200), new("brands", FieldShape.Texts, Most: 200)],
        "select jsonb_build_object('name', name, 'scopes', scopes, 'channels', channels, 'brands', brands) from api_client",
        """
        insert into api_client as c (id, name, scopes, channels, brands, created_by)
        select gen_random_uuid(), $1 ->> 'name', array(select jsonb_array_elements_text($1 -> 'scopes')), array(select jsonb_array_elements_text($1 -> 'channels')), array(select jsonb_array_elements_text($1 -> 'brands')), $2
        where not exists (select from jsonb_array_elements_text($1 -> 'channels') n where not exists (select from connection where id = n and role = 'shop'))
          and not exists (select from jsonb_array_elements_text($1 -> 'brands') b where b = '' or not exists (select from connection where brand = b))
        on conflict (lower(name)) do update set scopes = excluded.scopes, channels = excluded.channels, brands = excluded.brands where c.name = excluded.name
        """)
    { Stays = "Revoke its keys or disable it on the page of API clients.", Untouched = "It names a channel or a brand that is not connected here, or a client of nearly the same name is there." };

    private static ConfigurationSection ApiLimits() => new(
        "apiLimits", "Limits of API clients", "admin:client:manage", "api-limit:",
        [
            new("client", Most: 100, IsKey: true, MayBeNull: true), new("operation", Most: 60, IsKey: true), new("perSecond", FieldShape.Whole, Most: 10_000), new("burst", FieldShape.Whole, Most: 100_000),
            new("atOnce", FieldShape.Whole, Most: 1_000), new("perDay", FieldShape.Whole, Most: 1_000_000_000, MayBeNull: true),
        ],
        """
        select jsonb_build_object('client', c.name, 'operation', l.operation, 'perSecond', l.per_second, 'burst', l.burst, 'atOnce', l.at_once, 'perDay', l.per_day)
        from api_limit l left join api_client c on c.id = l.client_id
        """,
        """
        insert into api_limit (client_id, operation, per_second, burst, at_once, per_day, changed_by)
        select c.id, $1 ->> 'operation', ($1 ->> 'perSecond')::integer, ($1 ->> 'burst')::integer, ($1 ->> 'atOnce')::integer, ($1 ->> 'perDay')::bigint, $2
        from (select null::uuid as id where $1 ->> 'client' is null union all select id from api_client where name = $1 ->> 'client') c
        on conflict (client_id, operation) do update set per_second = excluded.per_second, burst = excluded.burst, at_once = excluded.at_once, per_day = excluded.per_day, changed_by = excluded.changed_by, changed_at = now()
        """)
    {
        Remove = """
            delete from api_limit l where l.operation = $1 ->> 'operation' and not (l.client_id is null and l.operation = '')
                and l.client_id is not distinct from (select id from api_client where name = $1 ->> 'client') and ($1 ->> 'client' is null) = (l.client_id is null)
            """,
        Untouched = "There is no client of this name; or it is the limit of all clients, which can be changed and not taken away.",
    };

    private static ConfigurationSection StageLimits() => new(
        "stageLimits", "Limits of stages", "admin:limit:manage", "stage:",
        [new("stage", Most: 40, IsKey: true), new("minutes", FieldShape.Whole, Most: 525_600)],
        "select jsonb_build_object('stage', stage, 'minutes', minutes) from stage_rule",
        """
        insert into stage_rule as r (stage, minutes, changed_by) select $1 ->> 'stage', ($1 ->> 'minutes')::integer, $2
        on conflict (stage) do update set minutes = excluded.minutes, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    { Remove = "delete from stage_rule where stage = $1 ->> 'stage'" };

    private static ConfigurationSection Schedules() => new(
        "schedules", "Schedules", "admin:schedule:manage", "schedule:",
        [new("job", Most: 60, IsKey: true), new("cron", Most: 100)],
        "select jsonb_build_object('job', job, 'cron', cron) from job_schedule where cron is not null",
        """
        insert into job_schedule as j (job, cron, changed_by) select $1 ->> 'job', $1 ->> 'cron', $2
        on conflict (job) do update set cron = excluded.cron, changed_by = excluded.changed_by, changed_at = now(), version = j.version + 1
        """)
    { Remove = "update job_schedule set cron = null, changed_by = $2, changed_at = now(), version = version + 1 where job = $1 ->> 'job'" };

    private static ConfigurationSection Retention() => new(
        "retention", "Retention", "admin:retention:manage", "retention:",
        [new("kind", Most: 40, IsKey: true), new("days", FieldShape.Whole, Most: 36_500)],
        "select jsonb_build_object('kind', kind, 'days', days) from retention_rule",
        """
        insert into retention_rule as r (kind, days, changed_by) select $1 ->> 'kind', ($1 ->> 'days')::integer, $2
        on conflict (kind) do update set days = excluded.days, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1
        """)
    { Remove = "delete from retention_rule where kind = $1 ->> 'kind'" };
}
