/** Whether messages get through, the townships' robots, and what is removed by rule. */

import { api, given, type Schemas } from "@/api/client";

export type Health = Schemas["channels_Health"];
export type Robots = Schemas["Robots"];
export type Retention = Schemas["Retention"];

export async function health(days: number): Promise<Health> {
  return given(await api.GET("/api/v1/channels", { params: { query: { days } } }));
}

export async function robots(): Promise<Robots> {
  return given(await api.GET("/api/v1/robots"));
}

export async function setRobot(body: Schemas["RobotIn"]): Promise<void> {
  given(await api.POST("/api/v1/robots", { body }));
}

export async function removeRobot(number: number): Promise<void> {
  given(await api.DELETE("/api/v1/robots/{number}", { params: { path: { number } } }));
}

export async function retention(): Promise<Retention> {
  return given(await api.GET("/api/v1/retention"));
}
