"""The protocol server: the tools and resources of a ledger by the Model Context Protocol, for assistants.

It only reads. A question has the time and the memory that the settings allow, and is stopped where whoever asked has
gone; what is wrong with it is the error of the tool, with the detail of the problem, so that a model can mend it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import orjson
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from api.assistants.ledger_resources import INSTRUCTIONS, RESOURCES, resource_content
from api.assistants.ledger_tools import TOOLS
from api.distribution import DISTRIBUTION, installed_version
from api.problems import Problem, not_found, problem_of
from api.settings import QUESTION_MEMORY, QUESTION_SECONDS
from projections import Allowance, Engine, Inquiry

T = TypeVar("T")
AT_ONCE = 2
"""So many questions are answered at the same time; others wait, and their time runs."""
JSON = "application/json"


def protocol_server(engine: Engine) -> Server[Any]:
    """The server of a ledger, for any transport. Raises BadSetting."""
    seconds, bytes_max = QUESTION_SECONDS.value(), QUESTION_MEMORY.value()
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def within(work: Callable[[Inquiry], T]) -> T:
        allowance = Allowance(seconds=seconds, bytes_max=bytes_max)
        try:
            return await anyio.to_thread.run_sync(
                lambda: _answered(lambda: work(engine.within(allowance))), abandon_on_cancel=True, limiter=limiter
            )
        except anyio.get_cancelled_exc_class():
            allowance.abandon()
            raise

    async def call(context: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            tool = TOOLS.get(params.name)
            if tool is None:
                raise not_found(f"There is no tool {params.name[:80]!r}; there are: {', '.join(TOOLS)}.")
            arguments = params.arguments or {}
            answer = await within(lambda inquiry: tool.answer(inquiry, arguments))
        except Problem as problem:
            return _failed(problem)
        return CallToolResult(content=[TextContent(text=_json(answer))], structured_content=answer)

    async def read(context: Any, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        resource = RESOURCES.get(uri)
        if resource is None:
            raise MCPError(INVALID_PARAMS, f"There is nothing to read there; there are: {', '.join(RESOURCES)}.")
        try:
            content = await within(lambda inquiry: resource_content(inquiry, resource))
        except Problem as problem:
            raise MCPError(INVALID_PARAMS, problem.detail) from None
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=JSON, text=_json(content))])

    return Server(
        DISTRIBUTION,
        version=installed_version(),
        instructions=INSTRUCTIONS,
        on_list_tools=_tools,
        on_call_tool=call,
        on_list_resources=_resources,
        on_read_resource=read,
    )


async def _tools(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    tools = [
        Tool(name=one.name, description=one.description, input_schema=one.schema(), annotations=reads)
        for one in TOOLS.values()
    ]
    return ListToolsResult(tools=tools)


async def _resources(context: Any, params: PaginatedRequestParams | None) -> ListResourcesResult:
    resources = [
        Resource(uri=one.uri, name=one.name, description=one.description, mime_type=JSON) for one in RESOURCES.values()
    ]
    return ListResourcesResult(resources=resources)


def _answered(work: Callable[[], T]) -> T:
    """What the work gives. Raises every error as the problem that it is."""
    try:
        return work()
    except Exception as error:
        raise problem_of(error) from None


def _failed(problem: Problem) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=f"{problem.title}: {problem.detail}")], is_error=True)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
